-- source/certificate: a certificate by its fingerprint, be it an anchor's
SELECT der FROM certificate WHERE fingerprint = $1
UNION ALL
SELECT der FROM trust_anchor WHERE fingerprint = $1
LIMIT 1
