-- source/insert: sources that nobody wanted before, in the order of their keys so that nobody deadlocks; within the bounds
-- of one host. A chain that leads nowhere costs its maker nothing, so issuers are bounded by the time too: $9 of one
-- host and $10 of all since $8.
INSERT INTO source (key, kind, url, host, certificate, issuer, created_at, wanted_at, due_at)
SELECT u.key, u.kind, u.url, u.host, u.certificate, u.issuer, $7::timestamptz, $7, $7
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
     AS u (key, kind, url, host, certificate, issuer)
WHERE (SELECT count(*) FROM (SELECT FROM source s WHERE s.host = u.host LIMIT $11) AS known) < $11
  AND (u.kind <> 'issuer'
       OR (SELECT count(*) FROM source s
           WHERE s.host = u.host AND s.kind = 'issuer' AND s.created_at > $8) < $9
          AND (SELECT count(*) FROM source s WHERE s.kind = 'issuer' AND s.created_at > $8) < $10)
ORDER BY u.key
ON CONFLICT (key) DO NOTHING
