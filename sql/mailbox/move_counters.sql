-- mailbox/move_counters: adds to the counters of mailboxes
UPDATE mailbox m SET total_emails = m.total_emails + u.emails, unread_emails = m.unread_emails + u.unread_emails,
                     total_threads = m.total_threads + u.threads, unread_threads = m.unread_threads + u.unread_threads
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
     AS u (mailbox_id, emails, unread_emails, threads, unread_threads)
WHERE m.account_id = $1 AND m.id = u.mailbox_id
