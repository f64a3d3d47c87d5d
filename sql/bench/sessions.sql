-- bench/sessions: the sessions of this database beside this one, and for how long each has been waiting for a lock.
-- The database itself notes since when, so it must be its own clock that is read.
SELECT a.pid,
       (SELECT max(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000)::float8
        FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted) AS waits_ms
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
