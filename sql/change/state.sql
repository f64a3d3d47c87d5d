-- change/state: the newest state of a data type, and the oldest that changes are known from
SELECT state, oldest FROM data_type_state WHERE account_id = $1 AND data_type = $2
