-- verdict_move/is_any: whether an account has emails that have not heard of their verdicts
SELECT EXISTS (SELECT FROM verdict_move WHERE account_id = $1) AS is_any
