-- push/forget: the push service knows the subscription no more, or never did
DELETE FROM push_subscription WHERE id = $1 AND lease = $2
