-- email/memberships: where emails are and what they are marked with
SELECT e.id, e.thread_id, e.received_at, e.keywords,
       ARRAY(SELECT m.mailbox_id FROM email_mailbox m WHERE m.account_id = e.account_id AND m.email_id = e.id) AS mailboxes
FROM email e
WHERE e.account_id = $1 AND e.id = ANY ($2)
