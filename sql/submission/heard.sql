-- submission/heard: what a report from elsewhere says of a recipient, under any of its addresses, whose fate was not known
UPDATE email_submission_recipient
SET delivered = $4, smtp_reply = coalesce($5, smtp_reply)
WHERE account_id = $1 AND submission_id = $2 AND lower(address) = ANY ($3) AND delivered = 'unknown'
