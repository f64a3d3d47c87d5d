-- verdict_move/emails: the next emails of these walks over an account, walk by walk, and whether the news concern each; a
-- walk that is at its end has none
SELECT m.signer_id, m.is_reopened, m.reverification_id, s.email_id,
       NOT m.is_for_deliveries OR EXISTS (
           SELECT FROM email e
           WHERE e.account_id = $1 AND e.id = s.email_id AND e.smime_status_at_delivery = 'signed') AS is_concerned
FROM verdict_move m
LEFT JOIN LATERAL (
    SELECT s.email_id
    FROM email_signature s
    WHERE s.signer_id = m.signer_id AND s.account_id = $1 AND s.email_id > m.after_email AND s.is_sender
    ORDER BY s.email_id
    LIMIT $3
) s ON true
WHERE m.account_id = $1 AND m.signer_id = ANY ($2)
ORDER BY m.signer_id, s.email_id
LIMIT $3
