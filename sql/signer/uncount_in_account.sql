-- signer/uncount_in_account: these emails of the account go, and no longer rest on their signers
UPDATE account_signer a SET emails = a.emails - gone.emails
FROM (SELECT s.signer_id, count(DISTINCT s.email_id) AS emails
      FROM email_signature s
      WHERE s.account_id = $1 AND s.email_id = ANY ($2) AND s.is_sender
      GROUP BY s.signer_id) gone
WHERE a.account_id = $1 AND a.signer_id = gone.signer_id
