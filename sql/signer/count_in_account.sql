-- signer/count_in_account: these emails of the account rest on their signers
INSERT INTO account_signer AS a (account_id, signer_id, emails)
SELECT s.account_id, s.signer_id, count(DISTINCT s.email_id)
FROM email_signature s
WHERE s.account_id = $1 AND s.email_id = ANY ($2) AND s.is_sender
GROUP BY s.account_id, s.signer_id
ON CONFLICT (account_id, signer_id) DO UPDATE SET emails = a.emails + excluded.emails
