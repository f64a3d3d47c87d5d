-- verdict/claim: locks the verdict of a signer if it is due
SELECT signer_id FROM verdict WHERE signer_id = $1 AND expires_at <= $2 FOR UPDATE
