-- thread/lock_keys: keys that no delivery is about to lead elsewhere, nor can until the transaction ends
SELECT k.account_id, k.key
FROM thread_key k
JOIN unnest($1::bigint[], $2::bytea[]) AS u (account_id, key) USING (account_id, key)
FOR UPDATE OF k SKIP LOCKED
