-- verdict_move/advance: a walk has come to an email, and lets others go first
UPDATE verdict_move
SET after_email = $3, waits_since = $4, put_off_until = NULL
WHERE account_id = $1 AND signer_id = $2
