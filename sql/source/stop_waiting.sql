-- source/stop_waiting: a verdict waits for nothing
UPDATE verdict SET waiting_since = NULL WHERE signer_id = $1 AND waiting_since IS NOT NULL
