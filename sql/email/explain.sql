-- email/explain: what is stored of an email's signature, and what its facts and verdicts come to now
SELECT e.received_at, e.smime_status::text, e.smime_status_at_delivery::text, e.smime_errors, f.form, f.problems, f.checked_at,
       o.status::text AS now_status, o.status_at_delivery::text AS now_status_at_delivery
FROM email e
LEFT JOIN email_smime f ON f.account_id = e.account_id AND f.email_id = e.id
LEFT JOIN email_smime_outcome o ON o.account_id = e.account_id AND o.email_id = e.id
WHERE e.account_id = $1 AND e.id = $2
