-- trust/prove: evidence and certificates that an evaluation has believed; when it did so first. Whoever else is about
-- to say so is not waited for
WITH evidence AS (
    UPDATE revocation_evidence r SET proved_at = $3
    FROM (SELECT digest FROM revocation_evidence WHERE digest = ANY ($1) AND proved_at IS NULL
          ORDER BY digest FOR UPDATE SKIP LOCKED) unproved
    WHERE r.digest = unproved.digest
)
UPDATE certificate c SET proved_at = $3
FROM (SELECT fingerprint FROM certificate WHERE fingerprint = ANY ($2) AND proved_at IS NULL
      ORDER BY fingerprint FOR UPDATE SKIP LOCKED) unproved
WHERE c.fingerprint = unproved.fingerprint
