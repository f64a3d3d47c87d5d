-- submission/insert_recipients: the recipients of a new submission, in their order
INSERT INTO email_submission_recipient
    (account_id, submission_id, ordinal, address, parameters, smtp_reply, delivered)
SELECT $1, $2, n, address, parameters, $5, 'queued'
FROM unnest($3::text[], $4::jsonb[]) WITH ORDINALITY AS u (address, parameters, n)
