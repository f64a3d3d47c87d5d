-- verdict/put_off: workers leave this verdict alone for a while
UPDATE verdict SET put_off_until = $2 WHERE signer_id = $1
