-- generated/certificates: since when an account has mail that was signed with a certificate, as the trigger on
-- email_signature notes it
INSERT INTO account_certificate AS k (account_id, fingerprint, first_seen_at)
SELECT s.account_id, g.leaf, min(least(e.received_at, f.checked_at))
FROM email_signature s
JOIN signer g ON g.id = s.signer_id
JOIN email_smime f ON f.account_id = s.account_id AND f.email_id = s.email_id
JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
WHERE s.account_id = $1 AND s.email_id >= $2 AND signature_is_intact(s.problems, f.problems)
GROUP BY s.account_id, g.leaf
ON CONFLICT (account_id, fingerprint) DO UPDATE SET first_seen_at = excluded.first_seen_at
WHERE k.first_seen_at > excluded.first_seen_at
