-- quota/tell: the limits that clients are told from now on
UPDATE account SET told_octets_limit = $2, told_emails_limit = $3 WHERE id = $1
