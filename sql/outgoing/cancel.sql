-- outgoing/cancel: calls a message back that nobody works on at present
DELETE FROM outgoing WHERE account_id = $1 AND id = $2 AND NOT is_leased
