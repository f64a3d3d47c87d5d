-- signer/stale_among: those of some signers whose verdicts are due
SELECT signer_id FROM verdict WHERE signer_id = ANY ($1) AND expires_at <= $2 ORDER BY signer_id
