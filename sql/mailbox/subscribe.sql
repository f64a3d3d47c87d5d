-- mailbox/subscribe: whether a login is subscribed to a mailbox
INSERT INTO mailbox_subscription (account_id, mailbox_id, login_name, is_subscribed) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, mailbox_id, login_name) DO UPDATE SET is_subscribed = excluded.is_subscribed
