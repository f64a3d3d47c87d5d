-- signer/leaves: the certificates of signers, and what decides which others may be on their paths
SELECT s.id, c.der, c.issuer, s.intermediates
FROM signer s
JOIN certificate c ON c.fingerprint = s.leaf
WHERE s.id = ANY ($1)
ORDER BY c.issuer, s.intermediates, s.id
