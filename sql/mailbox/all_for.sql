-- mailbox/all_for: every mailbox of an account, as the login $2 sees it, who owns the account or not ($3)
SELECT m.id, m.name, m.parent_id, m.role, m.sort_order, coalesce(s.is_subscribed, m.is_subscribed AND $3) AS is_subscribed,
       m.total_emails, m.unread_emails, m.total_threads, m.unread_threads
FROM mailbox m
LEFT JOIN mailbox_subscription s ON s.account_id = m.account_id AND s.mailbox_id = m.id AND s.login_name = $2
WHERE m.account_id = $1
ORDER BY m.id
