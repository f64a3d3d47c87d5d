-- signer/waiting_for_emails: signers that decide these emails and whose verdicts wait for evidence
SELECT DISTINCT v.signer_id
FROM email_signature s
JOIN verdict v ON v.signer_id = s.signer_id
WHERE s.account_id = $1 AND s.email_id = ANY ($2) AND s.is_sender AND v.waiting_since IS NOT NULL
ORDER BY v.signer_id
