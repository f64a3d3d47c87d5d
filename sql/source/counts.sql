-- source/counts: how many sources are due, and how many failed at the last attempt
SELECT count(*) FILTER (WHERE due_at <= $1) AS due, count(*) FILTER (WHERE last_error IS NOT NULL) AS failing
FROM source
