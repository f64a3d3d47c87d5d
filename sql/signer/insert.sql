-- signer/insert: a new signer, its verdict due at once. If another node was first, this waits and gives its number.
WITH made AS (
    INSERT INTO signer AS s (digest, leaf, intermediates) VALUES ($1, $2, $3)
    ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest
    RETURNING s.id
), due AS (
    INSERT INTO verdict (signer_id, family, expires_at)
    SELECT m.id, signer_family(c.issuer, $3), $4 FROM made m JOIN certificate c ON c.fingerprint = $2
    ON CONFLICT (signer_id) DO NOTHING
)
SELECT id FROM made
