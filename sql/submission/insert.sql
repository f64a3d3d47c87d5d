-- submission/insert: a new submission, which waits to be sent
INSERT INTO email_submission
    (account_id, id, identity_id, email_id, thread_id, message_id, mail_from, mail_parameters, send_at, undo_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending')
