-- trust/change_anchor: another name and other demands for a trust anchor
UPDATE trust_anchor
SET name = $2, revocation = $3, trusted_from = $4, trusted_until = $5, algorithms = $6, policies = $7
WHERE fingerprint = $1
