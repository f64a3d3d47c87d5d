-- vacation/write: the vacation response of an account becomes this
INSERT INTO vacation_response (account_id, is_enabled, from_date, to_date, subject, text_body, html_body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account_id) DO UPDATE
SET is_enabled = excluded.is_enabled, from_date = excluded.from_date, to_date = excluded.to_date,
    subject = excluded.subject, text_body = excluded.text_body, html_body = excluded.html_body
