-- trust/add_anchor: one more trust anchor
INSERT INTO trust_anchor (fingerprint, der, name, added_at, revocation, trusted_from, trusted_until, algorithms, policies)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (fingerprint) DO NOTHING
