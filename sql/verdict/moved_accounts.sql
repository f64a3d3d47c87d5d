-- verdict/moved_accounts: the accounts that hold an email which verdict/apply would write, in the order of locks
SELECT DISTINCT e.account_id
FROM email_signature s
JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
JOIN email_smime_outcome o ON o.account_id = e.account_id AND o.email_id = e.id
WHERE s.signer_id = $1 AND s.is_sender
  AND ((e.smime_status, e.smime_errors) IS DISTINCT FROM (o.status, o.errors)
       OR e.smime_status_at_delivery = 'signed' AND o.status_at_delivery <> 'signed'
       OR e.smime_status_at_delivery = 'signed/failed' AND o.reopened AND o.status_at_delivery = 'signed/verified')
ORDER BY e.account_id
