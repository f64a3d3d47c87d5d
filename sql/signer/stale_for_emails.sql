-- signer/stale_for_emails: signers of these emails whose verdicts are due; only those that decide them, unless all count
SELECT DISTINCT v.signer_id
FROM email_signature s
JOIN verdict v ON v.signer_id = s.signer_id
WHERE s.account_id = $1 AND s.email_id = ANY ($2) AND (s.is_sender OR $4) AND v.expires_at <= $3
ORDER BY v.signer_id
