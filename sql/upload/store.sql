-- upload/store: blobs ($3, their bytes $4) that a login ($2) uploads to an account ($1), in their order from $5 on, each of
-- which counts for $6 octets at least. Blobs that are there stay, and stay until this commits; one that somebody else stores at
-- the same time may not, and is left out. Parameters stand in a table of
-- their own, and blobs and emails are looked up one by one: so one plan is good for all, whatever the statistics, and
-- PostgreSQL keeps it; to plan this takes longer than to run it.
WITH given AS MATERIALIZED (
    SELECT $1::bigint AS account_id, $2::text AS login_name, $3::bytea[] AS hashes, $4::bytea[] AS data, $5::timestamptz AS at,
           $6::bigint AS least_octets
), uploaded AS MATERIALIZED (
    SELECT DISTINCT ON (u.hash) u.hash, u.data, g.at + u.n * interval '1 microsecond' AS uploaded_at, g.account_id, g.login_name,
           g.at, greatest(octet_length(u.data), g.least_octets) AS octets
    FROM given g CROSS JOIN unnest(g.hashes, g.data) WITH ORDINALITY AS u (hash, data, n)
    ORDER BY u.hash, u.n DESC
), present AS MATERIALIZED (
    SELECT b.hash
    FROM uploaded u CROSS JOIN LATERAL (SELECT b.hash FROM blob b WHERE b.hash = u.hash LIMIT 1 FOR KEY SHARE) b
), stored AS (
    INSERT INTO blob (hash, size, data, created_at)
    SELECT hash, octet_length(data), data, at FROM uploaded WHERE hash NOT IN (SELECT hash FROM present) ORDER BY hash
    ON CONFLICT (hash) DO NOTHING
    RETURNING hash
)
INSERT INTO upload (account_id, hash, login_name, uploaded_at, octets, is_held)
SELECT u.account_id, u.hash, u.login_name, u.uploaded_at, u.octets, e.id IS NOT NULL
FROM (SELECT array_agg(hash) AS hashes FROM (SELECT hash FROM stored UNION ALL SELECT hash FROM present) h) ours
JOIN uploaded u ON u.hash = ANY (ours.hashes)
LEFT JOIN LATERAL (
    SELECT e.id FROM email e WHERE e.account_id = u.account_id AND e.blob_hash = u.hash LIMIT 1
) e ON true
ORDER BY u.hash
ON CONFLICT (account_id, hash, login_name)
DO UPDATE SET uploaded_at = excluded.uploaded_at, octets = excluded.octets, is_held = excluded.is_held
