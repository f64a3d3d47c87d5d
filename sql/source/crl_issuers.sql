-- source/crl_issuers: stored certificates with the name of a CRL's issuer, those known longest first
SELECT der FROM certificate WHERE subject = $1 ORDER BY added_at, fingerprint LIMIT 64
