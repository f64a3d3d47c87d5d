-- signature/around: for each signature of an email the interval of its verdict in which the delivery lies
SELECT s.ordinal, g.span IS NOT NULL AS is_good, u.span IS NOT NULL AS is_undetermined,
       lower(coalesce(g.span, u.span)) AS since, upper(coalesce(g.span, u.span)) AS until
FROM email_signature s
JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
JOIN verdict v ON v.signer_id = s.signer_id
LEFT JOIN LATERAL (SELECT span FROM unnest(v.good) AS span WHERE e.received_at <@ span) g ON true
LEFT JOIN LATERAL (SELECT span FROM unnest(v.undetermined) AS span WHERE e.received_at <@ span) u ON true
WHERE s.account_id = $1 AND s.email_id = $2 AND v.verified_at IS NOT NULL
ORDER BY s.ordinal
