-- change/notify: a hint for the other nodes; who misses it reads the change log all the same
SELECT pg_notify('signet_account', $1)
