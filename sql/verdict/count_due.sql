-- verdict/count_due: how many verdicts are due, and how many there are
SELECT count(*) FILTER (WHERE expires_at <= $1) AS due, count(*) AS total FROM verdict
