-- source/next_due: when a source that nobody has and that somebody wants is due next
SELECT s.due_at FROM source s
WHERE (s.leased_until IS NULL OR s.leased_until <= $1)
  AND EXISTS (SELECT FROM signer_source w WHERE w.source_id = s.id)
ORDER BY s.due_at
LIMIT 1
