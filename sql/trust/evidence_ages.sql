-- trust/evidence_ages: of the newest evidence of each issuer and kind, the thisUpdate of the oldest that is current, and
-- how many have run out since another instant. What came with mail does not count: strangers could ring the alarm.
SELECT min(this_update) FILTER (WHERE next_update > $1) AS oldest,
       count(*) FILTER (WHERE next_update <= $1 AND next_update > $2) AS expired
FROM (
    SELECT DISTINCT ON (sha256(issuer), kind) this_update, next_update
    FROM revocation_evidence
    WHERE source <> 'message'
    ORDER BY sha256(issuer), kind, this_update DESC
) AS newest
