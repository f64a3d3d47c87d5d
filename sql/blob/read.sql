-- blob/read: the bytes of a blob that an email of the account holds, or that this login uploaded there
SELECT b.data
FROM blob b
WHERE b.hash = $2
  AND (EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = $2)
       OR EXISTS (SELECT FROM upload u WHERE u.account_id = $1 AND u.hash = $2 AND u.login_name = $3))
