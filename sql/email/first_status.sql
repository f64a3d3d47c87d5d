-- email/first_status: the statuses of emails that were just stored. The verdicts that they rest on are locked.
UPDATE email e
SET smime_status = o.status, smime_status_at_delivery = o.status_at_delivery, smime_errors = o.errors
FROM email_smime_outcome o
WHERE e.account_id = $1 AND e.id = ANY ($2) AND o.account_id = e.account_id AND o.email_id = e.id
  AND o.account_id = $1 AND o.email_id = ANY ($2)
RETURNING e.id, e.smime_status::text
