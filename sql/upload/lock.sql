-- upload/lock: whoever uploads to an account by the same login waits for whoever does already
SELECT pg_advisory_xact_lock(hashtextextended($2, $1))
