-- signer/stale_for_account: signers that decide emails of this account and whose verdicts are due. Few verdicts
-- are due at any time, so this starts from those.
SELECT v.signer_id
FROM verdict v
JOIN account_signer a ON a.signer_id = v.signer_id
WHERE v.expires_at <= $2 AND a.account_id = $1
ORDER BY v.expires_at, v.signer_id
LIMIT $3
