-- verdict/count_waiting: how many verdicts are due, and how many of them have been since another instant; both up to a bound
SELECT (SELECT count(*) FROM (SELECT FROM verdict WHERE expires_at <= $1 LIMIT $3) AS due) AS due,
       (SELECT count(*) FROM (SELECT FROM verdict WHERE expires_at <= $2 LIMIT $3) AS stale) AS stale
