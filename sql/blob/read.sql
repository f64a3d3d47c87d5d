-- blob/read: the bytes of a blob that an email of the account holds, that this login uploaded there, or that came as a
-- report of a submission of the account
SELECT b.data
FROM blob b
WHERE b.hash = $2
  AND (EXISTS (SELECT FROM email e WHERE e.account_id = $1 AND e.blob_hash = $2)
       OR EXISTS (SELECT FROM upload u WHERE u.account_id = $1 AND u.hash = $2 AND u.login_name = $3)
       OR EXISTS (SELECT FROM email_submission_report r WHERE r.account_id = $1 AND r.blob_hash = $2))
