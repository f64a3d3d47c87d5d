-- account/create: a new account
INSERT INTO account (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id
