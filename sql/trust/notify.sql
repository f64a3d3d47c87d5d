-- trust/notify: a hint for the workers of all nodes that verdicts are due
SELECT pg_notify('signet_trust', '')
