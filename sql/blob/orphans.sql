-- blob/orphans: blobs that may be orphaned, those after ($1, $2) that are new or were noticed up to $3; they are locked
-- until the transaction ends
SELECT account_id, hash, noticed_at FROM blob_orphan
WHERE (hash, account_id) > ($2, $1) AND (noticed_at IS NULL OR noticed_at <= $3)
ORDER BY hash, account_id
LIMIT $4
FOR UPDATE SKIP LOCKED
