-- email/insert_smime: the facts of messages that are S/MIME in some form
INSERT INTO email_smime (account_id, email_id, form, problems, checked_at)
SELECT $1, email_id, form, problems, $3
FROM jsonb_to_recordset($2) AS r (email_id bigint, form text, problems jsonb)
