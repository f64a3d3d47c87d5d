-- blob/notice: the time of grace of these orphans begins
UPDATE blob_orphan o SET noticed_at = $3
FROM unnest($1::bigint[], $2::bytea[]) AS u (account_id, hash)
WHERE o.account_id = u.account_id AND o.hash = u.hash
