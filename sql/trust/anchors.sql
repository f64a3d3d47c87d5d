-- trust/anchors: every trust anchor
SELECT der, fingerprint, name, added_at FROM trust_anchor ORDER BY added_at, fingerprint
