-- thread/remember_keys: keys lead to threads from now on. A key that stays as it is belongs to a thread that is
-- gone, or to one that is younger than the thread that the message joined.
INSERT INTO thread_key (account_id, key, thread_id)
SELECT $1, u.key, u.thread_id FROM unnest($2::bytea[], $3::bigint[]) AS u (key, thread_id)
ON CONFLICT (account_id, key) DO UPDATE SET thread_id = excluded.thread_id
