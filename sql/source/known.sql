-- source/known: which of these sources there are, and what the verdict of a signer said of them
SELECT s.id, s.key, s.due_at, s.last_attempt_at, w.is_missing
FROM source s
LEFT JOIN signer_source w ON w.source_id = s.id AND w.signer_id = $2
WHERE s.key = ANY ($1)
