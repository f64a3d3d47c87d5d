-- address/of_account: the addresses that lead to an account
SELECT address FROM address WHERE account_id = $1 ORDER BY address
