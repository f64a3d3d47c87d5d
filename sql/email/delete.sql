-- email/delete: emails go, with everything that hangs on them; tells their blobs
DELETE FROM email WHERE account_id = $1 AND id = ANY ($2) RETURNING blob_hash
