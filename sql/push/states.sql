-- push/states: the newest state of each data type in each account that a login reaches
SELECT x.account_id, s.data_type, s.state
FROM login l
JOIN account_access x ON x.login_id = l.id
JOIN data_type_state s ON s.account_id = x.account_id
WHERE l.name = $1
ORDER BY x.account_id, s.data_type
