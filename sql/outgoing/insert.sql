-- outgoing/insert: a message for the outbox, to be sent at $10
INSERT INTO outgoing (account_id, id, blob_hash, mail_from, ret, envid, hold, queued_at, expires_at, release_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
