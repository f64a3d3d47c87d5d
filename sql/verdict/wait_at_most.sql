-- verdict/wait_at_most: this transaction waits for no lock longer than so many milliseconds
SELECT set_config('lock_timeout', $1::bigint::text, true)
