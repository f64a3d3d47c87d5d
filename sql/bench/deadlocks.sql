-- bench/deadlocks: deadlocks of this database since its counters began
SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()
