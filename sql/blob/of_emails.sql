-- blob/of_emails: the bytes of those of these blobs that emails of the account hold
SELECT b.hash, b.data
FROM blob b
WHERE b.hash = ANY ($2) AND EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = b.hash)
