-- identity/delete: an identity goes
DELETE FROM identity WHERE account_id = $1 AND id = $2
