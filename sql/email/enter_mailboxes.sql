-- email/enter_mailboxes: emails enter mailboxes, or are (un)read in them
INSERT INTO email_mailbox (account_id, email_id, mailbox_id, thread_id, received_at, is_unread)
SELECT $1, u.*
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::boolean[])
     AS u (email_id, mailbox_id, thread_id, received_at, is_unread)
ON CONFLICT (account_id, email_id, mailbox_id) DO UPDATE SET is_unread = excluded.is_unread
