-- thread/by_keys: the threads that keys lead to; a key of a thread that has no email any more leads nowhere. Each key is
-- looked up by itself, whatever PostgreSQL takes the tables to hold.
SELECT k.key, k.thread_id
FROM unnest($2::bytea[]) AS n (key)
CROSS JOIN LATERAL (SELECT k.key, k.thread_id FROM thread_key k WHERE k.account_id = $1 AND k.key = n.key LIMIT 1) k
CROSS JOIN LATERAL (SELECT e.id FROM email e WHERE e.account_id = $1 AND e.thread_id = k.thread_id LIMIT 1) e
