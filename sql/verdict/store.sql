-- verdict/store: the result of an evaluation, and whether it says anything that the one before did not
UPDATE verdict v
SET verified_at = $2, expires_at = $3, is_good = $4, problems = $5,
    good = $6::text::tstzmultirange, undetermined = $7::text::tstzmultirange
FROM verdict old
WHERE v.signer_id = $1 AND old.signer_id = v.signer_id
RETURNING old.verified_at IS NULL OR old.reopened
       OR (old.is_good, old.problems, old.good, old.undetermined)
          IS DISTINCT FROM (v.is_good, v.problems, v.good, v.undetermined) AS says_something_new
