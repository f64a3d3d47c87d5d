-- push/allow: counts one more subscription that a login makes, and tells how many it made since $3 or later
INSERT INTO push_allowance AS p (login_id, since, made)
SELECT id, $2, 1 FROM login WHERE name = $1
ON CONFLICT (login_id) DO UPDATE
SET since = CASE WHEN p.since < $3 THEN excluded.since ELSE p.since END,
    made = CASE WHEN p.since < $3 THEN 1 ELSE p.made + 1 END
RETURNING made
