-- signer/drop_unused_in_account: signers that no email of the account rests on any more
DELETE FROM account_signer WHERE account_id = $1 AND emails = 0
