-- submission/over: the first of these accounts that has submissions from before $2 of which nothing is to be done any more
SELECT a.id
FROM account a
WHERE a.id = ANY ($1)
  AND EXISTS (
      SELECT FROM email_submission s
      WHERE s.account_id = a.id AND s.send_at < $2
        AND NOT EXISTS (SELECT FROM outgoing o WHERE o.account_id = s.account_id AND o.id = s.id))
ORDER BY a.id
LIMIT 1
