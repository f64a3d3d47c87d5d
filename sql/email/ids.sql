-- email/ids: the emails of an account
SELECT id FROM email WHERE account_id = $1 ORDER BY id LIMIT $2
