-- trust/add_crl: one more CRL. The best source that brought it is remembered: the operator, an address, or mail
INSERT INTO revocation_evidence AS r (digest, kind, der, issuer, this_update, next_update, is_indirect, source, added_at)
VALUES ($1, 'crl', $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (digest) DO UPDATE SET source = excluded.source
WHERE r.source <> excluded.source AND (r.source = 'message' OR excluded.source = 'operator')
