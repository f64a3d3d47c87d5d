-- generated/account: locks an account that is filled with generated mail
SELECT name, next_id FROM account WHERE id = $1 FOR UPDATE
