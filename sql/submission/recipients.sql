-- submission/recipients: the recipients of submissions, in their order
SELECT submission_id, address, parameters, smtp_reply, delivered, displayed
FROM email_submission_recipient
WHERE account_id = $1 AND submission_id = ANY ($2)
ORDER BY submission_id, ordinal
