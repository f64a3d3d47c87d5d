-- outgoing/recipients: whom a message is still for, and whom the sender has no report of
SELECT ordinal, address, notify, orcpt, outcome, reply, settled_at
FROM outgoing_recipient
WHERE account_id = $1 AND outgoing_id = $2
ORDER BY ordinal
