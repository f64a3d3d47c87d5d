-- signer/by_digest: the signer with this leaf and these intermediates
SELECT id FROM signer WHERE digest = $1
