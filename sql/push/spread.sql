-- push/spread: takes accounts that changed, and makes the verified subscriptions of their logins due
WITH woken AS (
    DELETE FROM push_wake
    WHERE account_id IN (SELECT account_id FROM push_wake ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING account_id
), subscriber AS (
    SELECT DISTINCT x.login_id FROM woken w JOIN account_access x ON x.account_id = w.account_id
), spread AS (
    UPDATE push_subscription s
    SET changes = s.changes + 1, due_at = coalesce(s.due_at, greatest(s.rest_until, $1))
    FROM subscriber b
    WHERE s.login_id = b.login_id AND s.is_verified
)
SELECT count(*) AS accounts FROM woken
