-- submission/over_in_account: submissions of an account from before $2 of which nothing is to be done any more, the oldest
-- first
SELECT s.id
FROM email_submission s
WHERE s.account_id = $1 AND s.send_at < $2
  AND NOT EXISTS (SELECT FROM outgoing o WHERE o.account_id = s.account_id AND o.id = s.id)
ORDER BY s.send_at, s.id
LIMIT $3
