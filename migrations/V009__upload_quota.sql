-- Uploads that no email holds are bounded for each login in each account (RFC 8620 §6).
CREATE INDEX upload_login ON upload (account_id, login_name);
