-- mailbox/destroy: an empty mailbox goes
DELETE FROM mailbox WHERE account_id = $1 AND id = $2
