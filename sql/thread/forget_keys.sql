-- thread/forget_keys: those of these keys go whose threads hold no email
DELETE FROM thread_key k
USING unnest($1::bigint[], $2::bytea[]) AS u (account_id, key)
WHERE k.account_id = u.account_id AND k.key = u.key
  AND NOT EXISTS (SELECT FROM email e WHERE e.account_id = k.account_id AND e.thread_id = k.thread_id)
