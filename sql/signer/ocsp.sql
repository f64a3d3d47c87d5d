-- signer/ocsp: OCSP responses about signers which have the same issuers, and about those issuers: the operator's, then
-- those that were fetched, then those that came by mail, of each not more than anybody can afford about one
-- certificate. Those that tell of a revocation come first, and of what came by mail those that were believed before;
-- then newer ones. Names are followed as for CRLs.
WITH RECURSIVE own AS (
    SELECT c.issuer, c.serial
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = ANY ($1)
), name (name, depth) AS (
    SELECT issuer, 1 FROM own
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
), above AS (
    SELECT name FROM name LIMIT 1024
), certificates AS (
    SELECT sha256(issuer) AS issuer_digest, serial FROM own
    UNION
    (SELECT sha256(c.issuer), c.serial FROM certificate c WHERE c.subject IN (SELECT name FROM above)
     ORDER BY c.proved_at IS NULL, c.added_at, c.fingerprint LIMIT 64)
), found AS (
    SELECT r.digest, k.kind,
           row_number() OVER (
               PARTITION BY o.issuer_digest, o.serial, k.kind
               ORDER BY k.kind = 3 AND r.proved_at IS NULL, o.is_revoked DESC, r.this_update DESC, r.digest) AS place
    FROM certificates c
    JOIN ocsp_certificate o ON o.issuer_digest = c.issuer_digest AND o.serial = c.serial
    JOIN revocation_evidence r ON r.digest = o.digest
    CROSS JOIN LATERAL (
        SELECT CASE r.source WHEN 'operator' THEN 1 WHEN 'message' THEN 3 ELSE 2 END AS kind) k
), chosen AS (
    SELECT digest, min(kind) AS kind, min(place) AS place FROM found WHERE place <= 16 GROUP BY digest
    ORDER BY 2, 3, 1 LIMIT 1024
)
SELECT r.der FROM chosen c JOIN revocation_evidence r ON r.digest = c.digest ORDER BY c.kind, c.place, c.digest
