-- verdict/claim: locks those of some verdicts that are due, in one order
SELECT signer_id FROM verdict WHERE signer_id = ANY ($1) AND expires_at <= $2 ORDER BY signer_id FOR UPDATE
