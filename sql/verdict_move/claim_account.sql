-- verdict_move/claim_account: the account that waits for longest to hear of a verdict; locks it, and passes by those
-- that somebody writes to
SELECT m.account_id
FROM verdict_move m
JOIN account a ON a.id = m.account_id
WHERE (m.put_off_until > $1) IS NOT TRUE
ORDER BY m.waits_since, m.account_id
LIMIT 1
FOR UPDATE SKIP LOCKED
