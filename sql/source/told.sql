-- source/told: every verdict is told; the lease ends
UPDATE source SET tell = NULL, leased_until = NULL WHERE id = $1 AND lease = $2
