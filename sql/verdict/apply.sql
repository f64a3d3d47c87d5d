-- verdict/apply: the emails of an account that the verdict of a signer changes. The status at delivery is
-- remembered once it is calculated; only a trust anchor that was added lets what failed become verified
-- (RFC 9219 §4.1).
WITH outcome AS (
    SELECT e.id, o.status, o.errors,
           CASE
               WHEN e.smime_status_at_delivery = 'signed' THEN o.status_at_delivery
               WHEN e.smime_status_at_delivery = 'signed/failed' AND o.reopened
                    AND o.status_at_delivery = 'signed/verified' THEN o.status_at_delivery
               ELSE e.smime_status_at_delivery
           END AS status_at_delivery
    FROM email_signature s
    JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
    JOIN email_smime_outcome o ON o.account_id = e.account_id AND o.email_id = e.id
    WHERE s.account_id = $1 AND s.signer_id = $2 AND s.is_sender
)
UPDATE email e
SET smime_status = o.status, smime_status_at_delivery = o.status_at_delivery, smime_errors = o.errors
FROM outcome o
WHERE e.account_id = $1 AND e.id = o.id
  AND (e.smime_status, e.smime_status_at_delivery, e.smime_errors)
      IS DISTINCT FROM (o.status, o.status_at_delivery, o.errors)
RETURNING e.id
