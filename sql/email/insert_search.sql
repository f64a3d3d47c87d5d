-- email/insert_search: what the texts of new emails are found by
COPY email_search (account_id, email_id, thread_id, received_at, fields, body, headers) FROM STDIN (FORMAT binary)
