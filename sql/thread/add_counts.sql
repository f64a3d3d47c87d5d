-- thread/add_counts: mailboxes hold more emails of threads than before. Where they held none, the newest of them is told
-- here; else a trigger of email_mailbox has seen to it.
INSERT INTO thread_mailbox AS t (account_id, thread_id, mailbox_id, emails, unread, newest_at, newest_id)
SELECT $1, u.*
FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::timestamptz[], $7::bigint[])
     AS u (thread_id, mailbox_id, emails, unread, newest_at, newest_id)
ON CONFLICT (account_id, thread_id, mailbox_id)
DO UPDATE SET emails = t.emails + excluded.emails, unread = t.unread + excluded.unread
