-- signer/waiting_for_account: signers that decide emails of this account and whose verdicts wait for evidence
SELECT v.signer_id
FROM verdict v
JOIN account_signer a ON a.signer_id = v.signer_id
WHERE v.waiting_since IS NOT NULL AND a.account_id = $1
ORDER BY v.signer_id
LIMIT $2
