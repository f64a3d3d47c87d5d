-- blob/store: blobs under their hashes; one that is there already stays as it is. In order of the hashes, so that
-- two transactions that store the same blobs wait for each other instead of deadlocking.
INSERT INTO blob (hash, size, data, created_at)
SELECT hash, octet_length(data), data, $3
FROM (SELECT DISTINCT ON (hash) hash, data FROM unnest($1::bytea[], $2::bytea[]) AS u (hash, data) ORDER BY hash) AS b
ORDER BY hash
ON CONFLICT (hash) DO NOTHING
