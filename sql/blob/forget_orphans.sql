-- blob/forget_orphans: of these orphans, nothing is to be done any more for those that were judged ($3), nor for those that
-- are gone
DELETE FROM blob_orphan o
USING unnest($1::bigint[], $2::bytea[]) AS u (account_id, hash)
WHERE o.account_id = u.account_id AND o.hash = u.hash
  AND (o.hash = ANY ($3) OR NOT EXISTS (SELECT FROM blob b WHERE b.hash = o.hash))
