-- email/by_blobs: the emails that hold these blobs. Parameters stand in a table of their own, so that the plan does not depend
-- on them: for an account that is newer than the statistics, any index that begins with the account would do.
WITH given AS MATERIALIZED (SELECT $1::bigint AS account_id, $2::bytea[] AS hashes)
SELECT e.id, e.blob_hash
FROM given g
CROSS JOIN unnest(g.hashes) AS n (hash)
CROSS JOIN LATERAL (
    SELECT e.id, e.blob_hash FROM email e WHERE e.account_id = g.account_id AND e.blob_hash = n.hash LIMIT 1
) e
