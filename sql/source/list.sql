-- source/list: every source, or those whose last attempt failed, with how many verdicts want it
SELECT s.kind, s.url, s.last_attempt_at, s.last_success_at, s.last_error, s.last_detail, s.attempts, s.due_at,
       s.this_update, s.next_update, s.leased_until > $1 AS is_leased,
       (SELECT count(*) FROM signer_source w WHERE w.source_id = s.id) AS verdicts,
       (SELECT count(*) FROM signer_source w WHERE w.source_id = s.id AND w.is_missing) AS lacking,
       encode(s.certificate, 'hex') AS certificate
FROM source s
WHERE s.last_error IS NOT NULL OR NOT $2
ORDER BY s.url, s.id
