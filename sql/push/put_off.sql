-- push/put_off: ends a lease without success: to be tried again at $3
UPDATE push_subscription SET due_at = $3, rest_until = $3 WHERE id = $1 AND lease = $2
