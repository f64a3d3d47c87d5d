-- verdict_move/claim_busy_account: the account that waits for longest to hear of a verdict and that nobody tells. The
-- account itself is not locked: somebody writes to it
SELECT m.account_id
FROM verdict_move m
WHERE (m.put_off_until > $1) IS NOT TRUE
ORDER BY m.waits_since, m.account_id
LIMIT 1
FOR UPDATE SKIP LOCKED
