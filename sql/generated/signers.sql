-- generated/signers: which signers the mail of an account rests on, all counted again
INSERT INTO account_signer (account_id, signer_id, emails)
SELECT account_id, signer_id, count(DISTINCT email_id)
FROM email_signature
WHERE account_id = $1 AND is_sender
GROUP BY account_id, signer_id
ON CONFLICT (account_id, signer_id) DO UPDATE SET emails = excluded.emails
