-- verdict/store: results of evaluations, and what each says that the one before did not: something of the present, or
-- of deliveries. A date of a weak algorithm that passed between the two says something too: what the messages' own facts
-- are worth has changed. Path and evidence say why, and are nothing new by themselves; where the evidence came from is
-- noted while it is here.
WITH new AS (
    SELECT *
    FROM jsonb_to_recordset($1) AS n (signer_id bigint, expires_at timestamptz, is_good boolean, problems jsonb,
                                      good text, undetermined text, path jsonb, evidence jsonb)
)
UPDATE verdict v
SET verified_at = $2, expires_at = n.expires_at, is_good = n.is_good, problems = n.problems,
    good = n.good::tstzmultirange, undetermined = n.undetermined::tstzmultirange,
    reopened = false, is_judged_anew = false, put_off_until = NULL, reverification_id = NULL,
    path = ARRAY(
        SELECT decode(u.fingerprint, 'hex')
        FROM jsonb_array_elements_text(n.path) WITH ORDINALITY AS u (fingerprint, place)
        ORDER BY u.place),
    evidence = (
        SELECT coalesce(jsonb_agg(u.used || jsonb_build_object('source', r.source) ORDER BY u.place), '[]')
        FROM jsonb_array_elements(n.evidence) WITH ORDINALITY AS u (used, place)
        LEFT JOIN revocation_evidence r ON r.digest = decode(u.used ->> 'digest', 'hex'))
FROM new n
JOIN verdict old ON old.signer_id = n.signer_id
WHERE v.signer_id = n.signer_id
RETURNING v.signer_id, old.reopened AS is_reopened, old.reverification_id,
          old.verified_at IS NULL OR old.reopened OR old.is_judged_anew
              OR (old.is_good, old.problems) IS DISTINCT FROM (v.is_good, v.problems)
              OR EXISTS (SELECT FROM weak_algorithm w
                         WHERE (old.verified_at < w.accepted_before) <> (v.verified_at < w.accepted_before)) AS is_news,
          (old.good, old.undetermined) IS DISTINCT FROM (v.good, v.undetermined) AS is_news_for_deliveries
