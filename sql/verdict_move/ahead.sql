-- verdict_move/ahead: how many walks over an account there are, and over how many emails in all, as far as the first few
-- walks tell
SELECT count(*) AS walks, coalesce(sum(a.emails), 0)::bigint AS emails
FROM (SELECT signer_id FROM verdict_move WHERE account_id = $1 ORDER BY signer_id LIMIT $2) m
JOIN account_signer a ON a.account_id = $1 AND a.signer_id = m.signer_id
