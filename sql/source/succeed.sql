-- source/succeed: an attempt was good; the lease goes on until the verdicts are told
UPDATE source
SET attempts = 0, last_attempt_at = $3, last_success_at = $3, last_error = NULL, last_detail = NULL, due_at = $4,
    this_update = coalesce($5, this_update), next_update = coalesce($6, next_update),
    etag = $7, last_modified = $8,
    tell = CASE WHEN $9 OR tell = 'all' THEN 'all' ELSE 'waiting' END
WHERE id = $1 AND lease = $2
