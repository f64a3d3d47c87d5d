-- upload/expire: ends uploads from before $3 among those that follow ($2, $1); gives how many there were and the last one
-- that was looked at
WITH walked AS MATERIALIZED (
    SELECT hash, account_id, login_name, uploaded_at FROM upload
    WHERE (hash, account_id) > ($2, $1) ORDER BY hash, account_id FETCH FIRST $4 ROWS WITH TIES
), old AS MATERIALIZED (
    SELECT u.hash, u.account_id, u.login_name
    FROM upload u JOIN walked w USING (hash, account_id, login_name)
    WHERE u.uploaded_at < $3 FOR UPDATE OF u SKIP LOCKED
), ended AS (
    DELETE FROM upload u USING old o
    WHERE u.hash = o.hash AND u.account_id = o.account_id AND u.login_name = o.login_name
    RETURNING 1
), last AS (
    SELECT account_id, hash FROM walked ORDER BY hash DESC, account_id DESC LIMIT 1
)
SELECT (SELECT count(*) FROM ended) AS removed, (SELECT account_id FROM last) AS account_id, (SELECT hash FROM last) AS key
