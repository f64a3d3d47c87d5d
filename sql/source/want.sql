-- source/want: the verdict of a signer wants these sources and no others
WITH gone AS (
    DELETE FROM signer_source WHERE signer_id = $1 AND source_id <> ALL ($2)
)
INSERT INTO signer_source AS w (signer_id, source_id, is_missing)
SELECT $1, s.id, u.is_missing
FROM unnest($2::bigint[], $3::boolean[]) AS u (id, is_missing)
JOIN source s ON s.id = u.id
ORDER BY s.id
FOR KEY SHARE OF s
ON CONFLICT (signer_id, source_id) DO UPDATE SET is_missing = excluded.is_missing
WHERE w.is_missing <> excluded.is_missing
