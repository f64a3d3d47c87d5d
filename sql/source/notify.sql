-- source/notify: a hint for all nodes that a source is due
SELECT pg_notify('signet_source', '')
