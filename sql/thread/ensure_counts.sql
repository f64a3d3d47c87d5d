-- thread/ensure_counts: rows of zero where thread/move_counts needs one
INSERT INTO thread_mailbox (account_id, thread_id, mailbox_id, emails, unread)
SELECT $1, u.thread_id, u.mailbox_id, 0, 0
FROM unnest($2::bigint[], $3::bigint[]) AS u (thread_id, mailbox_id)
ON CONFLICT (account_id, thread_id, mailbox_id) DO NOTHING
