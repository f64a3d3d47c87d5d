-- source/release: ends a lease as if it had never been
UPDATE source SET leased_until = NULL WHERE id = $1 AND lease = $2
