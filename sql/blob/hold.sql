-- blob/hold: which of these blobs are stored already; they stay until the transaction ends. Each is looked up by itself,
-- whatever PostgreSQL takes the table to hold.
SELECT b.hash
FROM (SELECT DISTINCT hash FROM unnest($1::bytea[]) AS u (hash) ORDER BY hash) n
CROSS JOIN LATERAL (SELECT b.hash FROM blob b WHERE b.hash = n.hash LIMIT 1 FOR KEY SHARE) b
