-- thread/add_counts: mailboxes hold more emails of threads than before
INSERT INTO thread_mailbox AS t (account_id, thread_id, mailbox_id, emails, unread)
SELECT $1, u.* FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::integer[]) AS u (thread_id, mailbox_id, emails, unread)
ON CONFLICT (account_id, thread_id, mailbox_id)
DO UPDATE SET emails = t.emails + excluded.emails, unread = t.unread + excluded.unread
