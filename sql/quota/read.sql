-- quota/read: what an account holds, the operator's limits for it, and the limits that clients know
SELECT used_octets, used_emails, octets_limit, emails_limit, told_octets_limit, told_emails_limit
FROM account
WHERE id = $1
