-- push/wake: notes that an account changed, if anybody subscribed to it. The row stays locked until this commits, so
-- that nobody takes it before the change can be seen.
INSERT INTO push_wake (account_id, changed_at)
SELECT $1, $2
WHERE EXISTS (SELECT FROM account_access x JOIN push_subscription s ON s.login_id = x.login_id WHERE x.account_id = $1)
ON CONFLICT (account_id) DO UPDATE SET changed_at = excluded.changed_at
