-- upkeep/claim: how far a walk that is due has come; nothing if it is not due, or another node takes a step of it
SELECT account_id, key FROM upkeep_task WHERE task = $1 AND due_at <= $2 FOR UPDATE SKIP LOCKED
