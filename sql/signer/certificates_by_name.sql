-- signer/certificates_by_name: certificates that SignerInfos may mean, by issuer and serial number or by key
-- identifier; older ones first, and not more of one name than anybody tries
(SELECT found.der
 FROM unnest($1::bytea[], $2::bytea[]) AS wanted (issuer, serial)
 CROSS JOIN LATERAL (
     SELECT c.der FROM certificate c
     WHERE sha256(c.issuer) = sha256(wanted.issuer) AND c.serial = wanted.serial
     ORDER BY c.added_at, c.fingerprint LIMIT 8
 ) AS found)
UNION ALL
(SELECT found.der
 FROM unnest($3::bytea[]) AS wanted (key_identifier)
 CROSS JOIN LATERAL (
     SELECT c.der FROM certificate c
     WHERE c.key_identifier = wanted.key_identifier
     ORDER BY c.added_at, c.fingerprint LIMIT 8
 ) AS found)
