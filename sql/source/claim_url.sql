-- source/claim_url: leases every source of a URL that nobody has, due or not
WITH next AS MATERIALIZED (
    SELECT id FROM source
    WHERE url = $3 AND (leased_until IS NULL OR leased_until <= $1)
    ORDER BY id
    FOR UPDATE SKIP LOCKED
)
UPDATE source s
SET leased_until = $2, lease = s.lease + 1
FROM next
WHERE s.id = next.id
RETURNING s.id, s.kind, s.url, s.host, s.certificate, s.issuer, s.lease, s.attempts, s.this_update, s.next_update,
          s.etag, s.last_modified, true AS is_due, s.tell
