-- email/drop_keywords: emails lose keywords
DELETE FROM email_keyword k
USING unnest($2::bigint[], $3::text[], $4::timestamptz[]) AS u (email_id, keyword, received_at)
WHERE k.account_id = $1 AND k.keyword = u.keyword AND k.received_at = u.received_at AND k.email_id = u.email_id
