-- outgoing/claim: takes the lease, until $2, of the message that is due first and that nobody works on
WITH next AS MATERIALIZED (
    SELECT account_id, id FROM outgoing WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE outgoing o
SET lease = o.lease + 1, is_leased = true, due_at = $2
FROM next
WHERE o.account_id = next.account_id AND o.id = next.id
RETURNING o.account_id, o.id, o.mail_from, o.ret, o.envid, o.hold,
          o.queued_at, o.release_at, o.expires_at, o.attempts, o.lease
