-- signer/note_revocations: the evidence by which certificates on the paths of signers were revoked, the earliest date
INSERT INTO signer_revocation AS r (signer_id, certificate, digest, revoked_from)
SELECT DISTINCT ON (u.signer_id, u.certificate) u.signer_id, u.certificate, u.digest, u.revoked_from
FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::timestamptz[]) AS u (signer_id, certificate, digest, revoked_from)
JOIN revocation_evidence e ON e.digest = u.digest
ORDER BY u.signer_id, u.certificate, u.revoked_from
ON CONFLICT (signer_id, certificate) DO UPDATE SET digest = excluded.digest, revoked_from = excluded.revoked_from
WHERE excluded.revoked_from < r.revoked_from
