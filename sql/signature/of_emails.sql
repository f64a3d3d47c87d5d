-- signature/of_emails: who signed these emails. One row for each signer, so that what there is to say of a signer is read
-- once, with its signatures of these emails; and one without a signer for emails whose signatures name none.
SELECT s.signatures, c.fingerprint, c.der, v.verified_at, v.expires_at, v.is_good, v.problems, v.path, p.ders, p.anchors,
       v.evidence, k.first_seen_at
FROM (
    SELECT s.signer_id,
           jsonb_agg(jsonb_build_object(
               'email', f.email_id, 'ordinal', s.ordinal, 'isSender', s.is_sender, 'digest', s.digest,
               'algorithm', s.algorithm, 'signingTime', s.signing_time, 'problems', s.problems, 'facts', f.problems
           )) AS signatures
    FROM email_smime f
    LEFT JOIN email_signature s ON s.account_id = f.account_id AND s.email_id = f.email_id
    WHERE f.account_id = $1 AND f.email_id = ANY ($2) AND f.form <> 'unknown'
    GROUP BY s.signer_id
) s
LEFT JOIN signer g ON g.id = s.signer_id
LEFT JOIN certificate c ON c.fingerprint = g.leaf
LEFT JOIN verdict v ON v.signer_id = s.signer_id
LEFT JOIN account_certificate k ON k.account_id = $1 AND k.fingerprint = g.leaf
LEFT JOIN LATERAL (
    SELECT array_agg(coalesce(a.der, c.der) ORDER BY u.n) AS ders,
           array_agg(a.fingerprint IS NOT NULL ORDER BY u.n) AS anchors
    FROM unnest(v.path) WITH ORDINALITY AS u (fingerprint, n)
    LEFT JOIN trust_anchor a ON a.fingerprint = u.fingerprint
    LEFT JOIN certificate c ON c.fingerprint = u.fingerprint
) p ON true
