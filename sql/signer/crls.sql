-- signer/crls: CRLs of the issuers that may be on the paths of a signer, and all indirect ones: the operator's, then
-- those that were fetched, then those that came by mail, of each not more than anybody can afford. Of what others
-- brought, the issuers' own come before other indirect ones; newer ones come first, and first the newest of each
-- address. Names are followed breadth first and not for ever, whatever certificates strangers mail.
WITH RECURSIVE name (name, depth) AS (
    SELECT c.issuer, 1
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = $1
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
), above AS (
    SELECT name FROM name LIMIT 1024
), found AS (
    SELECT r.digest, r.source, r.this_update, r.issuer IN (SELECT name FROM above) AS is_own,
           row_number() OVER (PARTITION BY r.source, r.issuer ORDER BY r.this_update DESC, r.digest) AS age
    FROM revocation_evidence r
    WHERE r.kind = 'crl' AND (r.issuer IN (SELECT name FROM above) OR r.is_indirect)
), chosen AS (
    (SELECT digest, 1 AS rank, this_update FROM found WHERE source = 'operator'
     ORDER BY this_update DESC, digest LIMIT 256)
    UNION ALL
    (SELECT digest, 2, this_update FROM found WHERE source NOT IN ('operator', 'message')
     ORDER BY is_own DESC, age > 1, this_update DESC, digest LIMIT 64)
    UNION ALL
    (SELECT digest, 3, this_update FROM found WHERE source = 'message'
     ORDER BY is_own DESC, this_update DESC, digest LIMIT 64)
)
SELECT r.der FROM chosen c JOIN revocation_evidence r ON r.digest = c.digest
ORDER BY c.rank, c.this_update DESC, c.digest
