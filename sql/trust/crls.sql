-- trust/crls: every CRL
SELECT digest, der, issuer, this_update, next_update, is_indirect, source
FROM revocation_evidence
WHERE kind = 'crl'
ORDER BY this_update DESC, digest
