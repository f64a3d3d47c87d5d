-- submission/delete: the record of a submission goes; what it sends is not touched
DELETE FROM email_submission WHERE account_id = $1 AND id = $2
