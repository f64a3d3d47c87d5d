-- blob/of_email: the bytes of a blob that an email of the account holds
SELECT b.data
FROM blob b
WHERE b.hash = $2 AND EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = $2)
