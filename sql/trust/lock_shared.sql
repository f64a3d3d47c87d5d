-- trust/lock_shared: nobody changes trust anchors or evidence while this transaction evaluates
SELECT pg_advisory_xact_lock_shared(7236833193221874502)
