-- verdict/hold: locks verdicts against change, in one order
SELECT signer_id FROM verdict WHERE signer_id = ANY ($1) ORDER BY signer_id FOR SHARE
