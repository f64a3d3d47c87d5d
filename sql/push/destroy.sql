-- push/destroy: a subscription of a login is gone, and with it its URL and keys
DELETE FROM push_subscription s USING login l WHERE l.id = s.login_id AND l.name = $1 AND s.id = $2
