-- verdict/claim_next: locks the verdict that is due for longest and that nobody works on
SELECT signer_id FROM verdict WHERE expires_at <= $1 ORDER BY expires_at, signer_id LIMIT 1 FOR UPDATE SKIP LOCKED
