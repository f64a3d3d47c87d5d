-- source/wait: a verdict waits for its sources, $3 seconds at most; no row once they are over. Nobody waits for it to be
-- counted meanwhile.
UPDATE verdict
SET waiting_since = coalesce(waiting_since, $2::timestamptz),
    expires_at = coalesce(waiting_since, $2::timestamptz) + make_interval(secs => $3),
    reverification_id = NULL
WHERE signer_id = $1 AND coalesce(waiting_since, $2::timestamptz) + make_interval(secs => $3) > $2
RETURNING signer_id
