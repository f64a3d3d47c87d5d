-- schema/version: the newest migration that was applied
SELECT max(version) FROM refinery_schema_history
