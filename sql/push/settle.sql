-- push/settle: ends a lease: the subscriber knows $3 now. Due again if there is more ($6) or something happened
-- meanwhile, but not before $4.
UPDATE push_subscription
SET told = $3, attempts = 0, rest_until = $4, due_at = CASE WHEN $6 OR changes <> $5 THEN $4::timestamptz END
WHERE id = $1 AND lease = $2
