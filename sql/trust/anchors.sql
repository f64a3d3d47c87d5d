-- trust/anchors: every trust anchor
SELECT der, fingerprint, name, added_at, revocation, trusted_from, trusted_until, algorithms, policies
FROM trust_anchor
ORDER BY added_at, fingerprint
