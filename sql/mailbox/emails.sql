-- mailbox/emails: some emails of a mailbox
SELECT email_id FROM email_mailbox WHERE account_id = $1 AND mailbox_id = $2 LIMIT $3
