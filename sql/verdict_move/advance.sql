-- verdict_move/advance: a walk has come to an email
UPDATE verdict_move SET after_email = $3, put_off_until = NULL WHERE account_id = $1 AND signer_id = $2
