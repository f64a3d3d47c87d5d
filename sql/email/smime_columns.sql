-- email/smime_columns: what RFC 9219 §4.1 adds to emails. The time of verification is read from the verdict, so
-- that a verdict may be renewed without writing a row of mail.
SELECT e.id, e.smime_status::text, e.smime_status_at_delivery::text, e.smime_errors,
       CASE WHEN f.form <> 'unknown' THEN coalesce(
           (SELECT max(v.verified_at)
            FROM email_signature s JOIN verdict v ON v.signer_id = s.signer_id
            WHERE s.account_id = e.account_id AND s.email_id = e.id AND s.is_sender),
           f.checked_at) END AS verified_at
FROM email e
LEFT JOIN email_smime f ON f.account_id = e.account_id AND f.email_id = e.id
WHERE e.account_id = $1 AND e.id = ANY ($2)
