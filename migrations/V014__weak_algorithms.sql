-- Algorithms that can be forged or broken by now, and before when the operator accepts them all the same. Each clock
-- compares its own instant with the date: receivedAt for the status at delivery, the evaluation for the present one.
CREATE TABLE weak_algorithm (
    name            text        PRIMARY KEY CHECK (name IN ('sha1', 'md5', 'short-key')),
    accepted_before timestamptz NOT NULL
);

-- What is accepted changed since the last evaluation, so that the messages are looked at though the verdict may say the
-- same. Unlike `reopened`, this mends nothing that failed at delivery.
ALTER TABLE verdict ADD COLUMN is_judged_anew boolean NOT NULL DEFAULT false;

-- Under which name a problem of a message's facts can be accepted; null for those that cannot. `Weakness::of` in
-- src/smime/weakness.rs says the same. Keys of RSA and DSA under 1024 bits are accepted at no time.
CREATE FUNCTION weakness(problem jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN problem ->> 'code' = 'weak-digest' AND problem #>> '{parameters,algorithm}' IN ('sha1', 'md5')
            THEN problem #>> '{parameters,algorithm}'
        WHEN problem ->> 'code' = 'weak-key'
             AND (problem #>> '{parameters,algorithm}' = 'ecdsa' OR (problem #>> '{parameters,bits}')::integer >= 1024)
            THEN 'short-key'
    END
$$;

-- The one place where facts and verdicts become a status (RFC 9219 §4.1). `status_at_delivery` is what the
-- verdict says now; whether a remembered value gives way to it is for sql/verdict/apply.sql to decide.
-- Problems that are accepted at an instant do not count at it. The present is the instant of the last evaluation: a
-- verdict expires no later than the next date of `weak_algorithm`.
CREATE OR REPLACE VIEW email_smime_outcome AS
SELECT f.account_id,
       f.email_id,
       CASE
           WHEN f.form = 'unknown' THEN 'unknown'
           WHEN p.now <> '[]' THEN 'signed/failed'
           WHEN v.evaluated IS NOT TRUE THEN 'signed'
           WHEN v.is_good THEN 'signed/verified'
           ELSE 'signed/failed'
       END::smime_status AS status,
       CASE
           WHEN f.form = 'unknown' THEN 'unknown'
           WHEN p.any_at_delivery THEN 'signed/failed'
           WHEN v.evaluated IS NOT TRUE THEN 'signed'
           WHEN v.was_good THEN 'signed/verified'
           WHEN v.was_undetermined THEN 'signed'
           ELSE 'signed/failed'
       END::smime_status AS status_at_delivery,
       CASE
           WHEN f.form = 'unknown' THEN NULL
           WHEN p.now <> '[]' AND (v.evaluated IS NOT TRUE OR v.is_good) THEN p.now
           WHEN v.evaluated IS NOT TRUE OR v.is_good THEN NULL
           ELSE p.now || v.problems
       END AS errors,
       CASE WHEN f.form = 'unknown' THEN NULL ELSE coalesce(v.verified_at, f.checked_at) END AS verified_at,
       coalesce(v.reopened, false) AS reopened
FROM email_smime f
JOIN email e ON e.account_id = f.account_id AND e.id = f.email_id
LEFT JOIN LATERAL (
    SELECT bool_and(d.verified_at IS NOT NULL) AS evaluated,
           bool_or(d.is_good) AS is_good,
           bool_or(e.received_at <@ d.good) AS was_good,
           bool_or(e.received_at <@ d.undetermined) AS was_undetermined,
           bool_or(d.reopened) AS reopened,
           max(d.verified_at) AS verified_at,
           (array_agg(d.problems ORDER BY s.ordinal))[1] AS problems
    FROM email_signature s
    JOIN verdict d ON d.signer_id = s.signer_id
    WHERE s.account_id = f.account_id AND s.email_id = f.email_id AND s.is_sender
) v ON true
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(fact.problem ORDER BY fact.ordinal)
                    FILTER (WHERE coalesce(coalesce(v.verified_at, f.checked_at) >= w.accepted_before, true)), '[]') AS now,
           coalesce(bool_or(coalesce(e.received_at >= w.accepted_before, true)), false) AS any_at_delivery
    FROM jsonb_array_elements(f.problems) WITH ORDINALITY AS fact (problem, ordinal)
    LEFT JOIN weak_algorithm w ON w.name = weakness(fact.problem)
) p;
