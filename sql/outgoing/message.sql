-- outgoing/message: the bytes of a message in the outbox
SELECT b.data
FROM outgoing o
JOIN blob b ON b.hash = o.blob_hash
WHERE o.account_id = $1 AND o.id = $2
