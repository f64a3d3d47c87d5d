-- verdict_move/claim: locks walks over an account that nobody works on
SELECT signer_id FROM verdict_move WHERE account_id = $1 ORDER BY signer_id LIMIT $2 FOR UPDATE SKIP LOCKED
