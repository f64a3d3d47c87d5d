-- trust/forget_evidence: of the evidence that follows $1, what came with mail before $2 goes if nobody ever believed it; gives
-- how much there was and the last row that was looked at
WITH walked AS MATERIALIZED (
    SELECT digest FROM revocation_evidence WHERE digest > $1 ORDER BY digest LIMIT $3
), forgotten AS (
    DELETE FROM revocation_evidence e USING walked w
    WHERE e.digest = w.digest AND e.source = 'message' AND e.proved_at IS NULL AND e.added_at < $2
      AND NOT EXISTS (SELECT FROM signer_revocation r WHERE r.digest = e.digest)
    RETURNING 1
)
SELECT (SELECT count(*) FROM forgotten) AS removed, (SELECT digest FROM walked ORDER BY digest DESC LIMIT 1) AS key
