-- upload/note: a login uploaded this blob to the account
INSERT INTO upload (account_id, hash, login_name, uploaded_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, hash, login_name) DO UPDATE SET uploaded_at = excluded.uploaded_at
