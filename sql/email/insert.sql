-- email/insert: new emails
COPY email (account_id, id, thread_id, received_at, sent_at, sent_offset, size, has_attachment, blob_hash,
            keywords, subject, sender, from_, to_, cc, bcc, reply_to, message_id, in_reply_to, references_,
            preview, sort_from, sort_to, sort_subject)
FROM STDIN (FORMAT binary)
