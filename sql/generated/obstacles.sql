-- generated/obstacles: what slows the filling of these tables: triggers, foreign keys, indexes. How to take each away,
-- and how to make it again, which is done in the order from the last to the first.
SELECT take_away, make_again
FROM (
    SELECT 1 AS step, tgname::text AS name,
           format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) AS take_away,
           format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname) AS make_again
    FROM pg_trigger
    WHERE tgrelid = ANY ($1::text[]::regclass[]) AND NOT tgisinternal AND tgenabled = 'O'
    UNION ALL
    SELECT 2, conname::text,
           format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = ANY ($1::text[]::regclass[]) OR confrelid = ANY ($1::text[]::regclass[]))
    UNION ALL
    SELECT 3, i.indexrelid::regclass::text,
           CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) END,
           pg_get_indexdef(i.indexrelid)
           || CASE WHEN c.oid IS NULL THEN ''
                   ELSE format('; ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I', c.conrelid::regclass, c.conname,
                               CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, c.conname) END
    FROM pg_index i
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u')
    WHERE i.indrelid = ANY ($1::text[]::regclass[])
) o
ORDER BY step, name
