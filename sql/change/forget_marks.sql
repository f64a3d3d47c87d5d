-- change/forget_marks: marks of an account that tell nothing of the changes that are left
DELETE FROM change_mark WHERE account_id = $1 AND state < $2
