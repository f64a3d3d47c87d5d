-- thread/walk_keys: the keys that follow ($1, $2), and whether their threads are gone. OFFSET 0: each by its index
SELECT k.account_id, k.key,
       NOT EXISTS (SELECT FROM email e WHERE e.account_id = k.account_id AND e.thread_id = k.thread_id OFFSET 0) AS is_gone
FROM (
    SELECT account_id, key, thread_id FROM thread_key
    WHERE (account_id, key) > ($1, $2) ORDER BY account_id, key LIMIT $3
) k
ORDER BY k.account_id, k.key
