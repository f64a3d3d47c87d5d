-- outgoing/release: gives the lease back; the message is due again at $4
UPDATE outgoing
SET due_at = $4, attempts = $5, is_leased = false
WHERE account_id = $1 AND id = $2 AND lease = $3
