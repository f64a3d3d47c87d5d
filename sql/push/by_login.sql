-- push/by_login: the subscriptions of a login, or those of $3 that are its own, without what is the device's secret
SELECT s.id, s.device_client_id, CASE WHEN s.is_verified THEN s.verification_code END AS verification_code,
       s.expires_at, s.types
FROM push_subscription s
JOIN login l ON l.id = s.login_id
WHERE l.name = $1 AND s.expires_at > $2 AND ($3::bigint[] IS NULL OR s.id = ANY ($3))
ORDER BY s.id
