-- thread/contributions: what these threads add to the counters of each mailbox
SELECT mailbox_id,
       sum(emails)::bigint AS emails,
       sum(unread)::bigint AS unread_emails,
       count(*) AS threads,
       count(*) FILTER (WHERE is_unread) AS unread_threads
FROM thread_in_mailbox
WHERE account_id = $1 AND thread_id = ANY ($2)
GROUP BY mailbox_id
