-- login/create: a new login
INSERT INTO login (name, password_hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING
