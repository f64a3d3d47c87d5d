-- change/mark: which state these accounts have by now ($2), for those that changed since their last mark, if that is not
-- newer than $3
INSERT INTO change_mark (account_id, marked_at, state)
SELECT a.id, $2, a.state
FROM account a
LEFT JOIN LATERAL (
    SELECT m.marked_at, m.state FROM change_mark m WHERE m.account_id = a.id ORDER BY m.marked_at DESC LIMIT 1
) l ON true
WHERE a.id = ANY ($1) AND a.state > coalesce(l.state, 0) AND (l.marked_at > $3) IS NOT TRUE
ON CONFLICT (account_id, marked_at) DO NOTHING
