-- account/list: every account with its size and its logins, for operators
SELECT a.id, a.name,
       (SELECT count(*) FROM email e WHERE e.account_id = a.id) AS emails,
       ARRAY(SELECT l.name FROM account_access x JOIN login l ON l.id = x.login_id
             WHERE x.account_id = a.id ORDER BY l.name) AS logins
FROM account a
ORDER BY a.name
