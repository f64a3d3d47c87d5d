-- source/drop_responses: older responses of a URL that called a certificate good, and speak of no other
DELETE FROM revocation_evidence r
USING ocsp_certificate o
WHERE o.issuer_digest = sha256($1) AND o.serial = $2 AND NOT o.is_revoked
  AND r.digest = o.digest AND r.source = $3 AND r.this_update < $4
  AND NOT EXISTS (
      SELECT FROM ocsp_certificate x
      WHERE x.digest = o.digest AND (x.issuer_digest, x.serial) IS DISTINCT FROM (o.issuer_digest, o.serial)
  )
