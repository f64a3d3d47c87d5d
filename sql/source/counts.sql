-- source/counts: of the sources that some verdict wants, how many are due, and how many failed at the last attempt
SELECT count(*) FILTER (WHERE s.due_at <= $1) AS due, count(*) FILTER (WHERE s.last_error IS NOT NULL) AS failing
FROM source s
WHERE EXISTS (SELECT FROM signer_source w WHERE w.source_id = s.id)
