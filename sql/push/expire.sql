-- push/expire: drops subscriptions whose time is over
DELETE FROM push_subscription WHERE expires_at <= $1
