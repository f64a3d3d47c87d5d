-- schema/lock: one migration at a time, whichever node runs it
SELECT pg_advisory_lock(7236833193221874501)
