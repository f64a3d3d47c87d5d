-- email/leave_mailboxes: emails leave mailboxes
DELETE FROM email_mailbox m
USING unnest($2::bigint[], $3::bigint[]) AS u (email_id, mailbox_id)
WHERE m.account_id = $1 AND m.email_id = u.email_id AND m.mailbox_id = u.mailbox_id
