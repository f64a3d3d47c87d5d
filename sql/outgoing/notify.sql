-- outgoing/notify: a hint for the nodes that there is something to send; who misses it looks all the same
SELECT pg_notify('signet_outbox', '')
