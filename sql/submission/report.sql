-- submission/report: a report of a submission that is still there and has not got $5 of them
INSERT INTO email_submission_report (account_id, submission_id, ordinal, kind, blob_hash)
SELECT $1, $2, coalesce((SELECT max(r.ordinal) FROM email_submission_report r
                         WHERE r.account_id = $1 AND r.submission_id = $2), 0) + 1, $3, $4
FROM email_submission s
WHERE s.account_id = $1 AND s.id = $2
  AND NOT EXISTS (SELECT FROM email_submission_report r
                  WHERE r.account_id = $1 AND r.submission_id = $2 AND r.blob_hash = $4)
  AND NOT EXISTS (SELECT FROM email_submission_report r
                  WHERE r.account_id = $1 AND r.submission_id = $2 AND r.ordinal >= $5)
