-- change/since: what became of each object in the states after $3 up to $4, for at most $5 objects. Reads on
-- until one object more has appeared; the answer then ends just before that one.
WITH event AS (
    SELECT state, object_id, kind,
           row_number() OVER (PARTITION BY object_id ORDER BY state) = 1 AS is_first
    FROM change
    WHERE account_id = $1 AND data_type = $2 AND state > $3 AND state <= $4
), counted AS (
    SELECT *, count(*) FILTER (WHERE is_first) OVER (ORDER BY state) AS objects FROM event
), page AS (
    SELECT * FROM counted WHERE objects <= $5
), upto AS (
    SELECT CASE WHEN EXISTS (SELECT FROM counted WHERE objects > $5)
                THEN (SELECT max(state) FROM page) ELSE $4 END AS state
)
SELECT object_id,
       (SELECT state FROM upto) AS upto,
       CASE
           WHEN bool_or(kind = 1) AND bool_or(kind = 3) THEN 'unseen'
           WHEN bool_or(kind = 3) THEN 'destroyed'
           WHEN bool_or(kind = 1) THEN 'created'
           ELSE 'updated'
       END AS outcome,
       bool_and(kind = 4) AS only_counters
FROM page
GROUP BY object_id
ORDER BY min(state)
