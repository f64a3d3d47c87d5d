-- signer/issuers: certificates that may be on the paths of a signer: those seen beside it, then stored ones whose
-- names lead up from it, then those that may have signed CRLs. Those that led to an anchor before come before others,
-- and older ones before newer ones, so that nobody can push known ones out by sending many of the same name; nor by
-- sending indirect CRLs of many names.
WITH RECURSIVE own AS (
    SELECT c.fingerprint, c.issuer, c.fingerprint <> s.leaf AS is_intermediate
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = $1
), name (name, depth) AS (
    SELECT issuer, 1 FROM own
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
), above AS (
    SELECT name FROM name LIMIT 1024
), wanted AS (
    SELECT name FROM above
    UNION
    SELECT issuer FROM revocation_evidence WHERE is_indirect
)
(SELECT c.der FROM own o JOIN certificate c ON c.fingerprint = o.fingerprint WHERE o.is_intermediate ORDER BY c.fingerprint)
UNION ALL
(SELECT c.der FROM certificate c
 WHERE c.subject IN (SELECT name FROM wanted) AND c.fingerprint NOT IN (SELECT fingerprint FROM own WHERE is_intermediate)
 ORDER BY c.subject IN (SELECT name FROM above) DESC, c.proved_at IS NULL, c.added_at, c.fingerprint LIMIT 64)
