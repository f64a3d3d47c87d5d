-- verdict_move/pending: those of some emails that have not heard of their verdicts
SELECT s.email_id, bool_or(m.is_reopened) AS is_reopened, max(m.reverification_id) AS reverification_id
FROM verdict_move m
JOIN email_signature s ON s.account_id = m.account_id AND s.signer_id = m.signer_id
WHERE m.account_id = $1 AND s.email_id = ANY ($2) AND s.is_sender AND s.email_id > m.after_email
GROUP BY s.email_id
ORDER BY s.email_id
