-- source/known_serials: serial numbers of stored certificates of an issuer
SELECT serial FROM certificate WHERE sha256(issuer) = sha256($1) AND serial IS NOT NULL
