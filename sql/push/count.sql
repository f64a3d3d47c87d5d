-- push/count: how many subscriptions a login has
SELECT count(*) AS subscriptions
FROM push_subscription s
JOIN login l ON l.id = s.login_id
WHERE l.name = $1 AND s.expires_at > $2
