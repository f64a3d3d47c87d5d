-- push/verification_code: locks a subscription of a login, and tells the code that was sent to it
SELECT s.verification_code
FROM push_subscription s
JOIN login l ON l.id = s.login_id
WHERE l.name = $1 AND s.id = $2
FOR UPDATE OF s
