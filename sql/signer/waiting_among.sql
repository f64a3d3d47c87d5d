-- signer/waiting_among: those of some signers whose verdicts wait for evidence
SELECT signer_id FROM verdict WHERE signer_id = ANY ($1) AND waiting_since IS NOT NULL ORDER BY signer_id
