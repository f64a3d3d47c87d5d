-- push/claim: leases the subscription that is due for longest until $2, passing by those that another node takes
UPDATE push_subscription s
SET due_at = $2, lease = s.lease + 1, attempts = s.attempts + 1
FROM login l
WHERE l.id = s.login_id AND s.id = (
    SELECT id FROM push_subscription
    WHERE due_at <= $1 AND expires_at > $1
    ORDER BY due_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING s.id, l.name AS login, s.url, s.p256dh, s.auth, s.verification_code, s.is_verified, s.types, s.told,
          s.changes, s.attempts, s.lease
