-- email/read: the rows of emails, with their mailboxes; the fields of the header that lists do not show only if $3
SELECT e.id, e.blob_hash, e.thread_id, e.size, e.received_at, e.sent_at, e.sent_offset, e.has_attachment, e.keywords,
       e.subject, e.from_, e.to_, e.preview,
       CASE WHEN $3 THEN e.sender END AS sender, CASE WHEN $3 THEN e.cc END AS cc, CASE WHEN $3 THEN e.bcc END AS bcc,
       CASE WHEN $3 THEN e.reply_to END AS reply_to, CASE WHEN $3 THEN e.message_id END AS message_id,
       CASE WHEN $3 THEN e.in_reply_to END AS in_reply_to, CASE WHEN $3 THEN e.references_ END AS references_,
       ARRAY(SELECT m.mailbox_id FROM email_mailbox m WHERE m.account_id = e.account_id AND m.email_id = e.id) AS mailboxes
FROM email e
WHERE e.account_id = $1 AND e.id = ANY ($2)
