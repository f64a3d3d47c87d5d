-- mailbox/recount_unread_threads: unreadThreads of every mailbox from the threads themselves, after the role
-- "trash" moved; gives the mailboxes in which it changed
WITH counted AS (
    SELECT m.id, count(t.thread_id) FILTER (WHERE t.is_unread) AS unread_threads
    FROM mailbox m
    LEFT JOIN thread_in_mailbox t ON t.account_id = m.account_id AND t.mailbox_id = m.id
    WHERE m.account_id = $1
    GROUP BY m.id
)
UPDATE mailbox m SET unread_threads = c.unread_threads
FROM counted c
WHERE m.account_id = $1 AND m.id = c.id AND m.unread_threads <> c.unread_threads
RETURNING m.id
