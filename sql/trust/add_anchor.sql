-- trust/add_anchor: one more trust anchor
INSERT INTO trust_anchor (fingerprint, der, name, added_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (fingerprint) DO NOTHING
