-- signer/store_certificates: certificates by their fingerprints, in that order so that nobody deadlocks
INSERT INTO certificate (fingerprint, der, subject, issuer, serial, key_identifier, added_at)
SELECT DISTINCT ON (u.fingerprint) u.fingerprint, u.der, u.subject, u.issuer, u.serial, u.key_identifier,
       $5::timestamptz
FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $6::bytea[], $7::bytea[])
     AS u (fingerprint, der, subject, issuer, serial, key_identifier)
ORDER BY u.fingerprint
ON CONFLICT (fingerprint) DO NOTHING
