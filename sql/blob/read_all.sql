-- blob/read_all: the bytes of those of these blobs that blob/read would give. Parameters stand in a table of their own,
-- and each blob is looked up by itself, so that the plan depends neither on them nor on statistics.
WITH given AS MATERIALIZED (SELECT $1::bigint AS account_id, $2::bytea[] AS hashes, $3::text AS login_name)
SELECT b.hash, b.data
FROM given g
CROSS JOIN unnest(g.hashes) AS n (hash)
CROSS JOIN LATERAL (SELECT b.hash, b.data FROM blob b WHERE b.hash = n.hash LIMIT 1) b
WHERE coalesce(
    (SELECT true FROM upload u WHERE u.account_id = g.account_id AND u.hash = n.hash AND u.login_name = g.login_name LIMIT 1),
    (SELECT true FROM email e WHERE e.account_id = g.account_id AND e.blob_hash = n.hash LIMIT 1),
    (SELECT true FROM email_submission_report r WHERE r.account_id = g.account_id AND r.blob_hash = n.hash LIMIT 1))
