-- source/tell: makes verdicts due that want a source, or, if $5, only those that lack it; so many after $3, in the order
-- of locks
WITH due AS MATERIALIZED (
    SELECT v.signer_id
    FROM signer_source w JOIN verdict v ON v.signer_id = w.signer_id
    WHERE w.source_id = $1 AND w.signer_id > $3 AND (w.is_missing OR NOT $5)
    ORDER BY v.signer_id
    LIMIT $4
    FOR UPDATE OF v
)
UPDATE verdict v
SET expires_at = least(v.expires_at, $2)
FROM due
WHERE v.signer_id = due.signer_id
RETURNING v.signer_id
