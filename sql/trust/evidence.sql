-- trust/evidence: every piece of evidence of revocation, without its content
SELECT digest, kind, issuer, this_update, next_update, source, octet_length(der) AS octets
FROM revocation_evidence
ORDER BY source, this_update DESC, digest
