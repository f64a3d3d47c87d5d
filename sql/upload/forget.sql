-- upload/forget: takes from a login, after an upload ($3), what it need not have: the oldest uploads that no email of the
-- account holds, until the rest counts for $4 octets at most; and, from some time after their upload ($6) on, those
-- that an email does hold, since by that they can be read.
WITH noted AS (
    SELECT u.hash, u.uploaded_at, greatest(b.size, $5::bigint) AS counts_for,
           EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = u.hash) AS is_held
    FROM upload u JOIN blob b ON b.hash = u.hash
    WHERE u.account_id = $1 AND u.login_name = $2
), counted AS (
    SELECT hash, uploaded_at, is_held,
           sum(CASE WHEN is_held THEN 0 ELSE counts_for END)
               OVER (ORDER BY hash = $3 DESC, uploaded_at DESC, hash) AS total
    FROM noted
)
DELETE FROM upload u
USING counted c
WHERE u.account_id = $1 AND u.login_name = $2 AND u.hash = c.hash AND c.hash <> $3
  AND CASE WHEN c.is_held THEN c.uploaded_at < $6 ELSE c.total > $4::bigint END
