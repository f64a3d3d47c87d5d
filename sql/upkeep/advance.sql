-- upkeep/advance: a walk has come so far
UPDATE upkeep_task SET account_id = $2, key = $3 WHERE task = $1
