-- identity/update: what a client may change of an identity
UPDATE identity
SET name = $3, reply_to = $4, bcc = $5, text_signature = $6, html_signature = $7
WHERE account_id = $1 AND id = $2
