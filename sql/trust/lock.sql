-- trust/lock: nobody evaluates while this transaction changes trust anchors or evidence
SELECT pg_advisory_xact_lock(7236833193221874502)
