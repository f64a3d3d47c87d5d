-- login/by_name: a login with a row for each account that it reaches, or one row without an account
SELECT l.password_hash, x.account_id, a.name AS account_name, x.is_personal, x.is_read_only
FROM login l
LEFT JOIN account_access x ON x.login_id = l.id
LEFT JOIN account a ON a.id = x.account_id
WHERE l.name = $1
ORDER BY x.is_personal DESC, x.account_id
