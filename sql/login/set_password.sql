-- login/set_password: another password for a login. Push subscriptions were made with the old one, and end with it
-- (RFC 8620 §7.2).
WITH ended AS (
    DELETE FROM push_subscription s USING login l WHERE l.id = s.login_id AND l.name = $1
)
UPDATE login SET password_hash = $2 WHERE name = $1
