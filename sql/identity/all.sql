-- identity/all: the identities of an account, at most so many
SELECT id, name, email, reply_to, bcc, text_signature, html_signature, default_for IS NULL AS may_delete
FROM identity
WHERE account_id = $1
ORDER BY id
LIMIT $2
