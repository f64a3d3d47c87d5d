-- email/set_keywords: the keywords of emails, each list joined by blanks
UPDATE email e SET keywords = string_to_array(u.keywords, ' ')
FROM unnest($2::bigint[], $3::text[]) AS u (id, keywords)
WHERE e.account_id = $1 AND e.id = u.id
