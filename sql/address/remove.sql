-- address/remove: an address no longer leads to an account
DELETE FROM address WHERE address = $1 AND account_id = $2
