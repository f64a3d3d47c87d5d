-- submission/read: these submissions of an account
SELECT id, identity_id, email_id, thread_id, mail_from, mail_parameters, send_at, undo_status
FROM email_submission
WHERE account_id = $1 AND id = ANY ($2)
