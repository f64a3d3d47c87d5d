-- upkeep/accounts: the accounts that follow one, in the order of their numbers
SELECT id FROM account WHERE id > $1 ORDER BY id LIMIT $2
