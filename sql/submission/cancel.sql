-- submission/cancel: a submission that was called back, and none of its recipients reached
WITH canceled AS (
    UPDATE email_submission SET undo_status = 'canceled' WHERE account_id = $1 AND id = $2
)
UPDATE email_submission_recipient
SET delivered = 'no', smtp_reply = $3
WHERE account_id = $1 AND submission_id = $2
