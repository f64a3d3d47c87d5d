-- verdict_move/wait: locks walks over an account, in one order, waiting for whoever works on them
SELECT signer_id FROM verdict_move WHERE account_id = $1 ORDER BY signer_id LIMIT $2 FOR UPDATE
