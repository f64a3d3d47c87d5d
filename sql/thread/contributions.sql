-- thread/contributions: what these threads add to the counters of each mailbox. A thread is unread in a mailbox
-- if any of its emails is, wherever it is; but what is only in the trash counts there alone (RFC 8621 §2).
SELECT t.mailbox_id,
       sum(t.emails)::bigint AS emails,
       sum(t.unread)::bigint AS unread_emails,
       count(*) AS threads,
       count(*) FILTER (WHERE CASE
           WHEN m.role = 'trash' THEN t.unread > 0
           ELSE EXISTS (
               SELECT FROM thread_mailbox o JOIN mailbox om ON om.account_id = o.account_id AND om.id = o.mailbox_id
               WHERE o.account_id = t.account_id AND o.thread_id = t.thread_id
                 AND o.unread > 0 AND om.role IS DISTINCT FROM 'trash')
       END) AS unread_threads
FROM thread_mailbox t
JOIN mailbox m ON m.account_id = t.account_id AND m.id = t.mailbox_id
WHERE t.account_id = $1 AND t.thread_id = ANY ($2)
GROUP BY t.mailbox_id
