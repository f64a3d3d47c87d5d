-- signer/leaf: the certificate of a signer
SELECT c.der FROM signer s JOIN certificate c ON c.fingerprint = s.leaf WHERE s.id = $1
