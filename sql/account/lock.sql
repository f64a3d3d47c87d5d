-- account/lock: locks the account's row, so that its writers take turns. From here to the end of the transaction the
-- plans of statements do not depend on their parameters: an account that is newer than the statistics counts as empty,
-- and a plan made for it reads all of the account's mail for each email.
SELECT state, next_id, used_octets, used_emails, octets_limit, emails_limit, told_octets_limit, told_emails_limit,
       set_config('plan_cache_mode', 'force_generic_plan', true)
FROM account
WHERE id = $1
FOR UPDATE
