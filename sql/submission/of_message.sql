-- submission/of_message: the submissions of a message, by its Message-ID
SELECT id FROM email_submission WHERE account_id = $1 AND message_id = $2 ORDER BY id LIMIT 100
