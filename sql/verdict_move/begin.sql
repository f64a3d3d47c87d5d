-- verdict_move/begin: the accounts that have emails of these signers and have not heard of their verdicts. News for
-- deliveries alone concern accounts with a delivery whose status is not calculated.
WITH news AS (
    SELECT *
    FROM unnest($1::bigint[], $2::boolean[], $3::boolean[], $4::bigint[])
         AS n (signer_id, is_reopened, is_for_deliveries, reverification_id)
), concerned AS (
    SELECT a.account_id, n.*
    FROM news n
    JOIN account_signer a ON a.signer_id = n.signer_id
    WHERE NOT n.is_for_deliveries
    UNION ALL
    SELECT a.account_id, n.*
    FROM news n
    JOIN account_signer a ON a.signer_id = n.signer_id
    WHERE n.is_for_deliveries AND EXISTS (
        SELECT FROM email e
        JOIN email_signature s ON s.account_id = e.account_id AND s.email_id = e.id
        WHERE e.account_id = a.account_id AND e.smime_status_at_delivery = 'signed'
          AND s.signer_id = a.signer_id AND s.is_sender)
)
INSERT INTO verdict_move AS m (account_id, signer_id, is_reopened, is_for_deliveries, reverification_id, waits_since)
SELECT account_id, signer_id, is_reopened, is_for_deliveries, reverification_id, $5
FROM concerned
ORDER BY account_id, signer_id
ON CONFLICT (account_id, signer_id) DO UPDATE
SET after_email = 0, is_reopened = m.is_reopened OR excluded.is_reopened,
    is_for_deliveries = m.is_for_deliveries AND excluded.is_for_deliveries,
    reverification_id = coalesce(excluded.reverification_id, m.reverification_id), put_off_until = NULL
