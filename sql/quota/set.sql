-- quota/set: the operator's own limits for an account; null is the default of the configuration, -1 is none
UPDATE account SET octets_limit = $2, emails_limit = $3 WHERE id = $1
