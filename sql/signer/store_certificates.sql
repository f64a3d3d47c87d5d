-- signer/store_certificates: certificates by their fingerprints, in that order so that nobody deadlocks
INSERT INTO certificate (fingerprint, der, subject, issuer, added_at)
SELECT DISTINCT ON (u.fingerprint) u.fingerprint, u.der, u.subject, u.issuer, $5::timestamptz
FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) AS u (fingerprint, der, subject, issuer)
ORDER BY u.fingerprint
ON CONFLICT (fingerprint) DO NOTHING
