-- submission/ids: submissions of an account, the newest first, at most so many
SELECT id FROM email_submission WHERE account_id = $1 ORDER BY id DESC LIMIT $2
