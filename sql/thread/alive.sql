-- thread/alive: which of these threads hold an email
SELECT DISTINCT thread_id FROM email WHERE account_id = $1 AND thread_id = ANY ($2)
