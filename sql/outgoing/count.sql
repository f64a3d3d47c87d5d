-- outgoing/count: how many messages of an account wait in the outbox
SELECT count(*) AS waiting FROM outgoing WHERE account_id = $1
