-- upkeep/finish: a walk has come to its end, and begins again at $3
UPDATE upkeep_task SET account_id = 0, key = '', finished_at = $2, due_at = $3 WHERE task = $1
