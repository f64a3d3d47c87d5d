-- vapid/create: keeps a key, unless another node was faster
INSERT INTO vapid_key (private_key, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING
