-- push/notify: a hint for the nodes that a subscription may be due; who misses it looks now and then all the same
SELECT pg_notify('signet_push', '')
