-- signer/ocsp: OCSP responses about the certificates that may be on the paths of some signers: the operator's, then those
-- that were fetched, then those that came by mail, of each not more than anybody can afford; those that tell of a
-- revocation before others, newer ones first. Names are followed as for certificates and CRLs.
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
     ORDER BY c.added_at, c.fingerprint LIMIT 64)
), found AS (
    SELECT r.digest, r.source, r.this_update, bool_or(o.is_revoked) AS is_revoked
    FROM certificates c
    JOIN ocsp_certificate o ON o.issuer_digest = c.issuer_digest AND o.serial = c.serial
    JOIN revocation_evidence r ON r.digest = o.digest
    GROUP BY r.digest
), chosen AS (
    (SELECT digest, 1 AS rank, is_revoked, this_update FROM found WHERE source = 'operator'
     ORDER BY is_revoked DESC, this_update DESC, digest LIMIT 64 * cardinality($1))
    UNION ALL
    (SELECT digest, 2, is_revoked, this_update FROM found WHERE source NOT IN ('operator', 'message')
     ORDER BY is_revoked DESC, this_update DESC, digest LIMIT 64 * cardinality($1))
    UNION ALL
    (SELECT digest, 3, is_revoked, this_update FROM found WHERE source = 'message'
     ORDER BY is_revoked DESC, this_update DESC, digest LIMIT 64)
)
SELECT r.der FROM chosen c JOIN revocation_evidence r ON r.digest = c.digest
ORDER BY c.rank, c.is_revoked DESC, c.this_update DESC, c.digest
