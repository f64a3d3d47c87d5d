-- verdict_move/begin: the accounts that have emails of these signers and have not heard of their verdicts. News for
-- deliveries alone concern accounts with a delivery whose status is not calculated.
INSERT INTO verdict_move AS m (account_id, signer_id, is_reopened, is_for_deliveries, reverification_id, begun_at)
SELECT a.account_id, n.signer_id, n.is_reopened, n.is_for_deliveries, n.reverification_id, $5
FROM unnest($1::bigint[], $2::boolean[], $3::boolean[], $4::bigint[])
     AS n (signer_id, is_reopened, is_for_deliveries, reverification_id)
JOIN account_signer a ON a.signer_id = n.signer_id
WHERE NOT n.is_for_deliveries OR EXISTS (
    SELECT FROM email_signature s
    JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
    WHERE s.signer_id = n.signer_id AND s.account_id = a.account_id AND s.is_sender
      AND e.smime_status_at_delivery = 'signed')
ORDER BY a.account_id, n.signer_id
ON CONFLICT (account_id, signer_id) DO UPDATE
SET after_email = 0, is_reopened = m.is_reopened OR excluded.is_reopened,
    is_for_deliveries = m.is_for_deliveries AND excluded.is_for_deliveries,
    reverification_id = coalesce(excluded.reverification_id, m.reverification_id), put_off_until = NULL
