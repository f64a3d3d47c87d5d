-- verdict/store: the result of an evaluation, and whether it says anything that the one before did not. It does too when
-- a date between the two is the last one of a weak algorithm: what the messages' own facts are worth has changed.
UPDATE verdict v
SET verified_at = $2, expires_at = $3, is_good = $4, problems = $5,
    good = $6::text::tstzmultirange, undetermined = $7::text::tstzmultirange
FROM verdict old
WHERE v.signer_id = $1 AND old.signer_id = v.signer_id
RETURNING old.verified_at IS NULL OR old.reopened OR old.is_judged_anew
       OR (old.is_good, old.problems, old.good, old.undetermined)
          IS DISTINCT FROM (v.is_good, v.problems, v.good, v.undetermined)
       OR EXISTS (SELECT 1 FROM weak_algorithm w
                  WHERE (old.verified_at < w.accepted_before) <> (v.verified_at < w.accepted_before)) AS says_something_new
