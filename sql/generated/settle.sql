-- generated/settle: what an account holds, all counted again, and the next id that it has free
UPDATE account a
SET (used_octets, used_emails) =
        (SELECT coalesce(sum(e.size), 0), count(*) FROM email e WHERE e.account_id = a.id),
    next_id = $2
WHERE a.id = $1
