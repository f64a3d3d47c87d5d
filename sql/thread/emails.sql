-- thread/emails: the emails of threads, oldest first (RFC 8621 §3)
SELECT thread_id, id
FROM email
WHERE account_id = $1 AND thread_id = ANY ($2)
ORDER BY thread_id, received_at, id
