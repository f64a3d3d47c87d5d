-- mailbox/recount_unread_threads: unreadThreads of every mailbox from the threads themselves, after the role
-- "trash" moved; gives the mailboxes in which it changed. The rule is the one of thread/contributions.
WITH counted AS (
    SELECT m.id, count(t.thread_id) FILTER (WHERE CASE
               WHEN m.role = 'trash' THEN t.unread > 0
               ELSE EXISTS (
                   SELECT FROM thread_mailbox o JOIN mailbox om ON om.account_id = o.account_id AND om.id = o.mailbox_id
                   WHERE o.account_id = t.account_id AND o.thread_id = t.thread_id
                     AND o.unread > 0 AND om.role IS DISTINCT FROM 'trash')
           END) AS unread_threads
    FROM mailbox m
    LEFT JOIN thread_mailbox t ON t.account_id = m.account_id AND t.mailbox_id = m.id
    WHERE m.account_id = $1
    GROUP BY m.id
)
UPDATE mailbox m SET unread_threads = c.unread_threads
FROM counted c
WHERE m.account_id = $1 AND m.id = c.id AND m.unread_threads <> c.unread_threads
RETURNING m.id
