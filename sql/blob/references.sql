-- blob/references: the emails that hold these blobs, with their threads and mailboxes
SELECT e.blob_hash, e.id, e.thread_id, e.size,
       ARRAY(SELECT m.mailbox_id FROM email_mailbox m
             WHERE m.account_id = e.account_id AND m.email_id = e.id ORDER BY m.mailbox_id) AS mailboxes
FROM email e
WHERE e.account_id = $1 AND e.blob_hash = ANY ($2)
ORDER BY e.id
