-- account/set_may_send: lets an account send, or keeps it from sending
UPDATE account SET may_send = $2 WHERE id = $1
