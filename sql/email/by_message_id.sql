-- email/by_message_id: the emails with this message id, two at most
SELECT id FROM email
WHERE account_id = $1 AND message_id IS NOT NULL
  AND hashtextextended(message_id[1], 0) = hashtextextended($2, 0) AND message_id[1] = $2
LIMIT 2
