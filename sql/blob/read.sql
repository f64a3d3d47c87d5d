-- blob/read: the bytes of a blob that the account holds
SELECT b.data
FROM blob b
WHERE b.hash = $2
  AND (EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = $2)
       OR EXISTS (SELECT FROM upload u WHERE u.account_id = $1 AND u.hash = $2))
