-- blob/collect: those of these blobs go that nobody refers to; they are locked, and this statement sees what was committed
-- before they were
DELETE FROM blob b
WHERE b.hash = ANY ($1)
  AND NOT EXISTS (SELECT FROM email e WHERE e.blob_hash = b.hash)
  AND NOT EXISTS (SELECT FROM upload u WHERE u.hash = b.hash)
  AND NOT EXISTS (SELECT FROM outgoing o WHERE o.blob_hash = b.hash)
  AND NOT EXISTS (SELECT FROM email_submission_report r WHERE r.blob_hash = b.hash)
RETURNING b.size
