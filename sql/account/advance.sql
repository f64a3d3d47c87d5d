-- account/advance: moves the counters of object ids and of states on
UPDATE account SET next_id = $2, state = state + $3 WHERE id = $1
