-- trust/add_ocsp: one more OCSP response, and the certificates that it speaks about. The best source that brought it
-- is remembered: the operator, an address, or mail
WITH added AS (
    INSERT INTO revocation_evidence AS r (digest, kind, der, issuer, this_update, next_update, source, added_at)
    VALUES ($1, 'ocsp', $2, $3, $4, $5, $6, $7)
    ON CONFLICT (digest) DO UPDATE SET source = excluded.source
    WHERE r.source <> excluded.source AND (r.source = 'message' OR excluded.source = 'operator')
    RETURNING r.digest
), about AS (
    INSERT INTO ocsp_certificate (issuer_digest, serial, digest, is_revoked)
    SELECT sha256(u.issuer), u.serial, $1, u.is_revoked
    FROM unnest($8::bytea[], $9::bytea[], $10::boolean[]) AS u (issuer, serial, is_revoked)
    ON CONFLICT DO NOTHING
)
SELECT count(*) AS added FROM added
