-- identity/insert: a new identity
INSERT INTO identity (account_id, id, name, email, reply_to, bcc, text_signature, html_signature, default_for)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
