-- Many verdicts that are due at once.

-- What decides which certificates and CRLs an evaluation is done with. Signers of one family are evaluated together.
CREATE FUNCTION signer_family(issuer bytea, intermediates bytea[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hashtextextended(encode(issuer, 'hex') || intermediates::text, 0)
$$;

-- The family of the verdict's signer. Programs that are older than the column leave it at zero, which mixes families
-- and harms nothing.
ALTER TABLE verdict ADD COLUMN family bigint NOT NULL DEFAULT 0;
UPDATE verdict v SET family = signer_family(c.issuer, s.intermediates)
FROM signer s JOIN certificate c ON c.fingerprint = s.leaf
WHERE s.id = v.signer_id;

-- Verdicts that became due at one instant come family by family.
DROP INDEX verdict_expires_at;
CREATE INDEX verdict_expires_at ON verdict (expires_at, family, signer_id);

-- The newest evidence of each issuer and kind, which monitoring asks for each minute.
CREATE INDEX revocation_evidence_newest ON revocation_evidence (sha256(issuer), kind, this_update DESC)
    WHERE source <> 'message';

-- Fetching a URL by command looks for its sources.
CREATE INDEX source_url ON source USING hash (url);

-- The same as before, without whether a verdict is reopened: that is kept by the walks, and nobody reads it here.
-- Problems that are accepted at an instant do not count at it. The present is the instant of the last evaluation: a
-- verdict expires no later than the next date of `weak_algorithm`.
DROP VIEW email_smime_outcome;
CREATE VIEW email_smime_outcome AS
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
       CASE WHEN f.form = 'unknown' THEN NULL ELSE coalesce(v.verified_at, f.checked_at) END AS verified_at
FROM email_smime f
JOIN email e ON e.account_id = f.account_id AND e.id = f.email_id
LEFT JOIN LATERAL (
    SELECT bool_and(d.verified_at IS NOT NULL) AS evaluated,
           bool_or(d.is_good) AS is_good,
           bool_or(e.received_at <@ d.good) AS was_good,
           bool_or(e.received_at <@ d.undetermined) AS was_undetermined,
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
