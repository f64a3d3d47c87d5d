-- blob/read_range: $5 octets after the first $4 of a blob that blob/read would give; fewer where it ends
SELECT substring(b.data FROM $4::int + 1 FOR $5::int) AS data
FROM blob b
WHERE b.hash = $2
  AND (EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = $2)
       OR EXISTS (SELECT FROM upload u WHERE u.account_id = $1 AND u.hash = $2 AND u.login_name = $3)
       OR EXISTS (SELECT FROM email_submission_report r WHERE r.account_id = $1 AND r.blob_hash = $2))
