-- vacation/read: the vacation response of an account
SELECT is_enabled, from_date, to_date, subject, text_body, html_body FROM vacation_response WHERE account_id = $1
