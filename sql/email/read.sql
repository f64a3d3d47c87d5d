-- email/read: the rows of emails, with their mailboxes
SELECT e.id, e.blob_hash, e.thread_id, e.size, e.received_at, e.sent_at, e.sent_offset, e.has_attachment, e.keywords,
       e.subject, e.sender, e.from_, e.to_, e.cc, e.bcc, e.reply_to, e.message_id, e.in_reply_to, e.references_, e.preview,
       ARRAY(SELECT m.mailbox_id FROM email_mailbox m WHERE m.account_id = e.account_id AND m.email_id = e.id) AS mailboxes
FROM email e
WHERE e.account_id = $1 AND e.id = ANY ($2)
