-- schema/is_new_to_planner: whether emails were never counted for the planner, and fill some blocks by now
SELECT reltuples < 0 AS is_new, reltuples < 0 AND pg_relation_size(oid) > 131072 AS is_due
FROM pg_class
WHERE oid = 'email'::regclass
