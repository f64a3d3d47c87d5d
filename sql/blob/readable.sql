-- blob/readable: the sizes of those of these blobs that blob/read would give
SELECT b.hash, b.size
FROM blob b
WHERE b.hash = ANY ($2)
  AND (EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = b.hash)
       OR EXISTS (SELECT FROM upload u WHERE u.account_id = $1 AND u.hash = b.hash AND u.login_name = $3)
       OR EXISTS (SELECT FROM email_submission_report r WHERE r.account_id = $1 AND r.blob_hash = b.hash))
ORDER BY b.hash
