-- push/update: what a client may change of a subscription. One that is verified is due: who knows what happened
-- since it was made?
UPDATE push_subscription s
SET expires_at = $3,
    types = $4,
    is_verified = s.is_verified OR $5,
    changes = s.changes + 1,
    due_at = CASE WHEN s.is_verified OR $5 THEN greatest(s.rest_until, $6) ELSE s.due_at END
FROM login l
WHERE l.id = s.login_id AND l.name = $1 AND s.id = $2
