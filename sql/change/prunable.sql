-- change/prunable: the first of these accounts with changes that are older than $2, or that more than $3 follow: from which
-- state on its changes are known, and from which on they need be
SELECT a.id, p.known_from, n.needed_from
FROM account a
CROSS JOIN LATERAL (
    SELECT coalesce(max(s.oldest), 0) AS known_from FROM data_type_state s WHERE s.account_id = a.id
) p
CROSS JOIN LATERAL (
    SELECT greatest(a.state - $3, (SELECT max(m.state) FROM change_mark m WHERE m.account_id = a.id AND m.marked_at <= $2), 0)
        AS needed_from
) n
WHERE a.id = ANY ($1) AND n.needed_from > p.known_from
ORDER BY a.id
LIMIT 1
