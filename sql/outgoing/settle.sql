-- outgoing/settle: what an attempt came to for recipients that were queued
UPDATE outgoing_recipient r
SET outcome = u.outcome, reply = u.reply, settled_at = $6
FROM unnest($3::integer[], $4::text[], $5::text[]) AS u (ordinal, outcome, reply)
WHERE r.account_id = $1 AND r.outgoing_id = $2 AND r.ordinal = u.ordinal AND r.outcome = 'queued'
