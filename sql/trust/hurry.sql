-- trust/hurry: no statement of this transaction may take longer than so many milliseconds
SELECT set_config('statement_timeout', $1::bigint::text, true)
