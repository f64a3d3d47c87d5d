-- verdict/apply: those of some emails that their verdicts change. The status at delivery is remembered once it is
-- calculated; only a trust anchor that was added lets what failed become verified (RFC 9219 §4.1).
WITH outcome AS (
    SELECT e.id, o.status, o.errors,
           CASE
               WHEN e.smime_status_at_delivery = 'signed' THEN o.status_at_delivery
               WHEN e.smime_status_at_delivery = 'signed/failed' AND m.is_reopened
                    AND o.status_at_delivery = 'signed/verified' THEN o.status_at_delivery
               ELSE e.smime_status_at_delivery
           END AS status_at_delivery,
           e.smime_status AS old_status, e.smime_status_at_delivery AS old_status_at_delivery
    FROM unnest($2::bigint[], $3::boolean[]) AS m (email_id, is_reopened)
    JOIN email e ON e.account_id = $1 AND e.id = m.email_id
    JOIN email_smime_outcome o ON o.account_id = $1 AND o.email_id = m.email_id
)
UPDATE email e
SET smime_status = o.status, smime_status_at_delivery = o.status_at_delivery, smime_errors = o.errors
FROM outcome o
WHERE e.account_id = $1 AND e.id = o.id
  AND (e.smime_status, e.smime_status_at_delivery, e.smime_errors)
      IS DISTINCT FROM (o.status, o.status_at_delivery, o.errors)
RETURNING e.id, e.smime_status IS DISTINCT FROM o.old_status AS status_moved,
          e.smime_status_at_delivery IS DISTINCT FROM o.old_status_at_delivery AS status_at_delivery_moved
