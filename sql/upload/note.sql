-- upload/note: the account uploaded this blob
INSERT INTO upload (account_id, hash, uploaded_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id, hash) DO UPDATE SET uploaded_at = excluded.uploaded_at
