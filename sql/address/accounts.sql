-- address/accounts: the accounts that addresses lead to
SELECT address, account_id FROM address WHERE address = ANY ($1) ORDER BY address, account_id
