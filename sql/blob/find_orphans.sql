-- blob/find_orphans: notes those of the blobs after $1 that nobody refers to and nobody noted; gives how many there were and the
-- last one that was looked at
WITH walked AS MATERIALIZED (
    SELECT hash FROM blob WHERE hash > $1 ORDER BY hash LIMIT $2
), found AS (
    INSERT INTO blob_orphan (account_id, hash, noticed_at)
    SELECT 0, w.hash, $3 FROM walked w
    WHERE NOT EXISTS (SELECT FROM email e WHERE e.blob_hash = w.hash)
      AND NOT EXISTS (SELECT FROM upload u WHERE u.hash = w.hash)
      AND NOT EXISTS (SELECT FROM outgoing o WHERE o.blob_hash = w.hash)
      AND NOT EXISTS (SELECT FROM email_submission_report r WHERE r.blob_hash = w.hash)
      AND NOT EXISTS (SELECT FROM blob_orphan n WHERE n.hash = w.hash)
    ORDER BY w.hash
    ON CONFLICT (account_id, hash) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM found) AS found, (SELECT hash FROM walked ORDER BY hash DESC LIMIT 1) AS key
