-- source/fail: an attempt failed; the lease goes on until the verdicts that wait are told
UPDATE source
SET attempts = attempts + 1, last_attempt_at = $3, due_at = $4, last_error = $5, last_detail = $6,
    tell = coalesce(tell, 'waiting')
WHERE id = $1 AND lease = $2
