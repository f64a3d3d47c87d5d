-- login/grant: what a login may do with an account
INSERT INTO account_access AS x (login_id, account_id, is_personal, is_read_only)
SELECT l.id, a.id, $3, $4 FROM login l, account a WHERE l.name = $1 AND a.id = $2
ON CONFLICT (login_id, account_id) DO UPDATE SET is_personal = excluded.is_personal, is_read_only = excluded.is_read_only
