-- thread/ids: the threads of an account
SELECT DISTINCT thread_id FROM email WHERE account_id = $1 ORDER BY thread_id LIMIT $2
