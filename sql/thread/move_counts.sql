-- thread/move_counts: adds to the numbers of emails that mailboxes hold of threads, where they hold some already
UPDATE thread_mailbox t SET emails = t.emails + u.emails, unread = t.unread + u.unread
FROM unnest($2::bigint[], $3::bigint[], $4::integer[], $5::integer[]) AS u (thread_id, mailbox_id, emails, unread)
WHERE t.account_id = $1 AND t.thread_id = u.thread_id AND t.mailbox_id = u.mailbox_id
