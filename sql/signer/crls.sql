-- signer/crls: CRLs of the issuers that may be on the paths of a signer, and all indirect ones; the operator's first,
-- so that nobody can push them out by mailing many, then newer ones first
WITH RECURSIVE name (name, depth) AS (
    SELECT c.issuer, 1
    FROM signer s JOIN certificate c ON c.fingerprint = s.leaf OR c.fingerprint = ANY (s.intermediates)
    WHERE s.id = $1
    UNION
    SELECT c.issuer, n.depth + 1 FROM name n JOIN certificate c ON c.subject = n.name WHERE n.depth < 10
)
SELECT r.der
FROM revocation_evidence r
WHERE r.kind = 'crl' AND (r.issuer IN (SELECT name FROM name) OR r.is_indirect)
ORDER BY r.source = 'message', r.this_update DESC, r.digest
LIMIT 256
