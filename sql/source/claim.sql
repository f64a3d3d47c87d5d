-- source/claim: leases the source that is due for longest until $2, passing by those that another node takes, that
-- nobody wants, and that are on hosts which this node keeps busy
WITH next AS MATERIALIZED (
    SELECT s.id FROM source s
    WHERE s.due_at <= $1 AND (s.leased_until IS NULL OR s.leased_until <= $1) AND s.host <> ALL ($3)
      AND EXISTS (SELECT FROM signer_source w WHERE w.source_id = s.id)
    ORDER BY s.due_at, s.id
    LIMIT 1
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE source s
SET leased_until = $2, lease = s.lease + 1
FROM next
WHERE s.id = next.id
RETURNING s.id, s.kind, s.url, s.host, s.certificate, s.issuer, s.lease, s.attempts, s.this_update, s.next_update,
          s.etag, s.last_modified, s.due_at <= $1 AS is_due, s.tell
