-- signer/stale_for_account: signers that decide emails of this account and whose verdicts are due; those that are due for
-- longest first. Whether a reverification made a verdict due that was fresh by itself since $4. Few verdicts are due at
-- any time, so this starts from those.
SELECT v.signer_id, v.reverification_id IS NOT NULL AND v.verified_at > $4 AS is_under_way
FROM verdict v
JOIN account_signer a ON a.signer_id = v.signer_id
WHERE v.expires_at <= $2 AND a.account_id = $1
ORDER BY v.expires_at
LIMIT $3
