-- identity/count: how many identities an account has
SELECT count(*) AS identities FROM identity WHERE account_id = $1
