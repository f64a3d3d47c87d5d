-- generated/mailboxes: the counters of an account's mailboxes, all counted again
UPDATE mailbox m
SET total_emails = c.emails, unread_emails = c.unread, total_threads = c.threads, unread_threads = c.unread_threads
FROM (
    SELECT mailbox_id, sum(emails) AS emails, sum(unread) AS unread, count(*) AS threads,
           count(*) FILTER (WHERE is_unread) AS unread_threads
    FROM thread_in_mailbox
    WHERE account_id = $1
    GROUP BY mailbox_id
) c
WHERE m.account_id = $1 AND m.id = c.mailbox_id
