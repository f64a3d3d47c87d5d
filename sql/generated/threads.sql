-- generated/threads: what the mailboxes of an account hold of each new thread
INSERT INTO thread_mailbox (account_id, thread_id, mailbox_id, emails, unread, newest_at, newest_id)
SELECT account_id, thread_id, mailbox_id, count(*), count(*) FILTER (WHERE is_unread),
       max(received_at), (array_agg(email_id ORDER BY received_at DESC, email_id DESC))[1]
FROM email_mailbox
WHERE account_id = $1 AND email_id >= $2
GROUP BY account_id, thread_id, mailbox_id
