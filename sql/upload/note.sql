-- upload/note: a blob that is stored ($2) counts as uploaded to the account ($1) by a login ($3), for $5 octets at least.
-- Parameters stand in a table of their own, so that the plan does not depend on them.
WITH given AS MATERIALIZED (
    SELECT $1::bigint AS account_id, $2::bytea AS hash, $3::text AS login_name, $4::timestamptz AS at, $5::bigint AS least_octets
)
INSERT INTO upload (account_id, hash, login_name, uploaded_at, octets, is_held)
SELECT g.account_id, b.hash, g.login_name, g.at, greatest(b.size, g.least_octets), e.id IS NOT NULL
FROM given g
JOIN blob b ON b.hash = g.hash
LEFT JOIN LATERAL (
    SELECT e.id FROM email e WHERE e.account_id = g.account_id AND e.blob_hash = b.hash LIMIT 1
) e ON true
ON CONFLICT (account_id, hash, login_name)
DO UPDATE SET uploaded_at = excluded.uploaded_at, octets = excluded.octets, is_held = excluded.is_held
