-- verdict_move/finish: walks that are at their end
DELETE FROM verdict_move WHERE account_id = $1 AND signer_id = ANY ($2)
