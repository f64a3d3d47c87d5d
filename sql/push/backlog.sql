-- push/backlog: how many subscriptions wait to be told something, and when the first of them is due
SELECT count(*) AS waiting, min(due_at) AS next_due FROM push_subscription WHERE due_at IS NOT NULL AND expires_at > $1
