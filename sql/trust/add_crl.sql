-- trust/add_crl: one more CRL. One that came with mail becomes the operator's or a source's when it comes from there
-- too, and a source's becomes the operator's
INSERT INTO revocation_evidence AS r (digest, kind, der, issuer, this_update, next_update, is_indirect, source, added_at)
VALUES ($1, 'crl', $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (digest) DO UPDATE SET source = excluded.source
WHERE r.source <> excluded.source
  AND (r.source = 'message' OR excluded.source = 'operator')
