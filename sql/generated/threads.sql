-- generated/threads: how many emails of each new thread the mailboxes of an account hold
INSERT INTO thread_mailbox (account_id, thread_id, mailbox_id, emails, unread)
SELECT account_id, thread_id, mailbox_id, count(*), count(*) FILTER (WHERE is_unread)
FROM email_mailbox
WHERE account_id = $1 AND email_id >= $2
GROUP BY account_id, thread_id, mailbox_id
