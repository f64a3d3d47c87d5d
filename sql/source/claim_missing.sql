-- source/claim_missing: leases sources that are due and that the verdicts of these signers lack
WITH next AS MATERIALIZED (
    SELECT s.id FROM source s
    WHERE s.due_at <= $1 AND (s.leased_until IS NULL OR s.leased_until <= $1)
      AND s.id IN (SELECT w.source_id FROM signer_source w WHERE w.signer_id = ANY ($3) AND w.is_missing)
    ORDER BY s.id
    LIMIT $4
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE source s
SET leased_until = $2, lease = s.lease + 1
FROM next
WHERE s.id = next.id
RETURNING s.id, s.kind, s.url, s.host, s.certificate, s.issuer, s.lease, s.attempts, s.this_update, s.next_update,
          s.etag, s.last_modified, s.due_at <= $1 AS is_due, s.tell
