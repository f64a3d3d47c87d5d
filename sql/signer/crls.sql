-- signer/crls: CRLs of the issuers that may be on the paths of signers which have the same issuers, and all indirect
-- ones. Those by which these signers were revoked come first, then the operator's, then those that were fetched, then
-- those that came by mail; of each not more than anybody can afford. Of what others brought, the issuers' own come
-- before other indirect ones; of what was fetched, the newest of each address; of what came by mail, so many that were
-- believed before, and so many that were not. Newer ones come first. Names are followed breadth first and not for
-- ever, whatever certificates strangers mail.
WITH RECURSIVE name (name, depth) AS (
    SELECT c.issuer, 1
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = ANY ($1)
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
), above AS (
    SELECT name FROM name LIMIT 1024
), found AS (
    SELECT r.digest, r.source, r.this_update, r.proved_at, r.issuer IN (SELECT name FROM above) AS is_own,
           row_number() OVER (PARTITION BY r.source, r.issuer ORDER BY r.this_update DESC, r.digest) AS age
    FROM revocation_evidence r
    WHERE r.kind = 'crl' AND (r.issuer IN (SELECT name FROM above) OR r.is_indirect)
), chosen AS (
    (SELECT digest, 0 AS rank FROM signer_revocation WHERE signer_id = ANY ($1) ORDER BY digest LIMIT 256)
    UNION ALL
    (SELECT digest, 1 FROM found WHERE source = 'operator' ORDER BY this_update DESC, digest LIMIT 256)
    UNION ALL
    (SELECT digest, 2 FROM found WHERE source NOT IN ('operator', 'message')
     ORDER BY is_own DESC, age > 1, this_update DESC, digest LIMIT 64)
    UNION ALL
    (SELECT digest, 3 FROM found WHERE source = 'message' AND proved_at IS NOT NULL
     ORDER BY is_own DESC, this_update DESC, digest LIMIT 32)
    UNION ALL
    (SELECT digest, 3 FROM found WHERE source = 'message' AND proved_at IS NULL
     ORDER BY is_own DESC, this_update DESC, digest LIMIT 32)
), once AS (
    SELECT digest, min(rank) AS rank FROM chosen GROUP BY digest
)
SELECT r.der FROM once o JOIN revocation_evidence r ON r.digest = o.digest
WHERE r.kind = 'crl'
ORDER BY o.rank, r.this_update DESC, r.digest
