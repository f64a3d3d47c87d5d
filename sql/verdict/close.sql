-- verdict/close: what an added trust anchor reopened, or a policy let judge anew, has been looked at
UPDATE verdict SET reopened = false, is_judged_anew = false WHERE signer_id = $1 AND (reopened OR is_judged_anew)
