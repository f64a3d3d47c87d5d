-- submission/displayed: a recipient has seen the message
UPDATE email_submission_recipient
SET displayed = 'yes'
WHERE account_id = $1 AND submission_id = $2 AND lower(address) = lower($3) AND displayed <> 'yes'
