-- mailbox/all: every mailbox of an account
SELECT id, name, parent_id, role, sort_order, is_subscribed, total_emails, unread_emails, total_threads, unread_threads
FROM mailbox
WHERE account_id = $1
ORDER BY id
