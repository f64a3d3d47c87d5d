-- account/by_name: the account of a name
SELECT id FROM account WHERE name = $1
