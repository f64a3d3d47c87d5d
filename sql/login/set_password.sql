-- login/set_password: another password for a login
UPDATE login SET password_hash = $2 WHERE name = $1
