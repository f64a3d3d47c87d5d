-- identity/missing: addresses of an account that it has no identity of its own for; those of whole domains are for
-- clients to make
SELECT d.address
FROM address d
WHERE d.account_id = $1 AND left(d.address, 1) <> '@'
  AND NOT EXISTS (SELECT FROM identity i WHERE i.account_id = $1 AND i.default_for = d.address)
ORDER BY d.address
