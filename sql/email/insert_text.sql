-- email/insert_text: what the texts of new emails are found by
COPY email_text (account_id, email_id, words, headers) FROM STDIN (FORMAT binary)
