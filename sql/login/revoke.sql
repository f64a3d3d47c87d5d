-- login/revoke: a login no longer reaches an account
DELETE FROM account_access x USING login l WHERE l.id = x.login_id AND l.name = $1 AND x.account_id = $2
