-- outgoing/finish: a message without recipients leaves the outbox
DELETE FROM outgoing o
WHERE o.account_id = $1 AND o.id = $2
  AND NOT EXISTS (SELECT FROM outgoing_recipient r WHERE r.account_id = $1 AND r.outgoing_id = $2)
