-- push/create: a new subscription of a login, due at once for its verification
INSERT INTO push_subscription (login_id, device_client_id, url, p256dh, auth, verification_code, expires_at, types,
                               created_at, due_at, told)
SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10 FROM login WHERE name = $1
RETURNING id
