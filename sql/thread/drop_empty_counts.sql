-- thread/drop_empty_counts: a mailbox that holds nothing of a thread any more has no row for it
DELETE FROM thread_mailbox WHERE account_id = $1 AND thread_id = ANY ($2) AND emails = 0
