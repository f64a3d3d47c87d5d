-- identity/read: these identities of an account
SELECT id, name, email, reply_to, bcc, text_signature, html_signature, default_for IS NULL AS may_delete
FROM identity
WHERE account_id = $1 AND id = ANY ($2)
