-- thread/by_keys: the threads that keys lead to; a key of a thread that has no email any more leads nowhere
SELECT k.key, k.thread_id
FROM thread_key k
WHERE k.account_id = $1 AND k.key = ANY ($2)
  AND EXISTS (SELECT FROM email e WHERE e.account_id = k.account_id AND e.thread_id = k.thread_id)
