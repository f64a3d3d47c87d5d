-- verdict_move/put_off: workers leave this account alone for a while
UPDATE verdict_move SET put_off_until = $2 WHERE account_id = $1
