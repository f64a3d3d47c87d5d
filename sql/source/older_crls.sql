-- source/older_crls: CRLs of an issuer that came from a URL before one of that time
SELECT digest, der FROM revocation_evidence
WHERE kind = 'crl' AND source = $1 AND issuer = $2 AND this_update < $3 AND NOT is_indirect
ORDER BY this_update DESC, digest
LIMIT 8
