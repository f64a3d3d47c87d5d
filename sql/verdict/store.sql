-- verdict/store: the result of an evaluation, and whether it says anything that the one before did not. The path and the
-- evidence say why, and are nothing new by themselves; where the evidence came from is noted while it is here.
UPDATE verdict v
SET verified_at = $2, expires_at = $3, is_good = $4, problems = $5,
    good = $6::text::tstzmultirange, undetermined = $7::text::tstzmultirange,
    path = $8,
    evidence = (
        SELECT coalesce(jsonb_agg(u.used || jsonb_build_object('source', r.source) ORDER BY u.n), '[]')
        FROM jsonb_array_elements($9::jsonb) WITH ORDINALITY AS u (used, n)
        LEFT JOIN revocation_evidence r ON r.digest = decode(u.used ->> 'digest', 'hex'))
FROM verdict old
WHERE v.signer_id = $1 AND old.signer_id = v.signer_id
RETURNING old.verified_at IS NULL OR old.reopened
       OR (old.is_good, old.problems, old.good, old.undetermined)
          IS DISTINCT FROM (v.is_good, v.problems, v.good, v.undetermined) AS says_something_new
