-- verdict/close: what an added trust anchor reopened has been looked at
UPDATE verdict SET reopened = false WHERE signer_id = $1 AND reopened
