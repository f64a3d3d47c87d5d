-- email/add_keywords: emails get keywords
INSERT INTO email_keyword (account_id, email_id, keyword, received_at)
SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::timestamptz[]) AS u (email_id, keyword, received_at)
