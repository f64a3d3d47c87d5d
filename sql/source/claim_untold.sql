-- source/claim_untold: leases a source that was fetched by a node which died before it told the verdicts of it
WITH next AS MATERIALIZED (
    SELECT id FROM source
    WHERE tell IS NOT NULL AND (leased_until IS NULL OR leased_until <= $1)
    ORDER BY id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
UPDATE source s
SET leased_until = $2, lease = s.lease + 1
FROM next
WHERE s.id = next.id
RETURNING s.id, s.kind, s.url, s.host, s.certificate, s.issuer, s.lease, s.attempts, s.this_update, s.next_update,
          s.etag, s.last_modified, s.due_at <= $1 AS is_due, s.tell
