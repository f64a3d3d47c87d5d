-- submission/reports: the reports that came for submissions, oldest first
SELECT submission_id, kind, blob_hash
FROM email_submission_report
WHERE account_id = $1 AND submission_id = ANY ($2)
ORDER BY submission_id, ordinal
