-- outgoing/abandon: a message leaves the outbox with its recipients, whatever became of it
DELETE FROM outgoing WHERE account_id = $1 AND id = $2 AND lease = $3
