-- signer/crls: CRLs of the issuers that may be on the paths of a signer, and all indirect ones: the operator's, and of
-- those that came by mail not more than anybody can afford, the issuers' own before other indirect ones; newer ones
-- first. Names are followed breadth first and not for ever, whatever certificates strangers mail.
WITH RECURSIVE name (name, depth) AS (
    SELECT c.issuer, 1
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = $1
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
), above AS (
    SELECT name FROM name LIMIT 1024
)
(SELECT r.der
 FROM revocation_evidence r
 WHERE r.kind = 'crl' AND r.source <> 'message' AND (r.issuer IN (SELECT name FROM above) OR r.is_indirect)
 ORDER BY r.this_update DESC, r.digest
 LIMIT 256)
UNION ALL
(SELECT r.der
 FROM revocation_evidence r
 WHERE r.kind = 'crl' AND r.source = 'message' AND (r.issuer IN (SELECT name FROM above) OR r.is_indirect)
 ORDER BY r.issuer IN (SELECT name FROM above) DESC, r.this_update DESC, r.digest
 LIMIT 64)
