-- trust/evidence_ages: of the newest evidence of each issuer and kind, the thisUpdate of the oldest that is current, and
-- how many have run out since another instant. What came with mail does not count: strangers could ring the alarm. The
-- index is stepped through from issuer to issuer, so that what each gave before is not read.
WITH RECURSIVE newest AS (
    (SELECT sha256(issuer) AS issuer_digest, kind, this_update, next_update
     FROM revocation_evidence
     WHERE source <> 'message'
     ORDER BY sha256(issuer), kind, this_update DESC
     LIMIT 1)
    UNION ALL
    SELECT r.issuer_digest, r.kind, r.this_update, r.next_update
    FROM newest n
    CROSS JOIN LATERAL (
        SELECT sha256(issuer) AS issuer_digest, kind, this_update, next_update
        FROM revocation_evidence
        WHERE source <> 'message' AND (sha256(issuer), kind) > (n.issuer_digest, n.kind)
        ORDER BY sha256(issuer), kind, this_update DESC
        LIMIT 1
    ) r
)
SELECT min(this_update) FILTER (WHERE next_update > $1) AS oldest,
       count(*) FILTER (WHERE next_update <= $1 AND next_update > $2) AS expired
FROM newest
