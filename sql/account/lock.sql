-- account/lock: locks the account's row, so that its writers take turns
SELECT state, next_id FROM account WHERE id = $1 FOR UPDATE
