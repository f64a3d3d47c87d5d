-- address/list: every address with the name of each account that it leads to, for operators
SELECT d.address, a.name
FROM address d
JOIN account a ON a.id = d.account_id
ORDER BY d.address, a.name
