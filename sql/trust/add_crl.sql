-- trust/add_crl: one more CRL
INSERT INTO revocation_evidence (digest, kind, der, issuer, this_update, next_update, is_indirect, source, added_at)
VALUES ($1, 'crl', $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (digest) DO NOTHING
