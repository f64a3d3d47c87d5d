-- submission/email: what sending an email needs to know of it, with the first $3 octets of its message
SELECT e.thread_id, e.blob_hash, e.size, substring(b.data FROM 1 FOR $3) AS beginning
FROM email e
JOIN blob b ON b.hash = e.blob_hash
WHERE e.account_id = $1 AND e.id = $2
