-- email/by_blobs: the emails that hold these blobs
SELECT id, blob_hash FROM email WHERE account_id = $1 AND blob_hash = ANY ($2)
