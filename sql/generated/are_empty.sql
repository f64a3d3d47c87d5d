-- generated/are_empty: whether there is no mail at all
SELECT NOT EXISTS (SELECT FROM email) AND NOT EXISTS (SELECT FROM blob) AND NOT EXISTS (SELECT FROM thread_key)
       AND NOT EXISTS (SELECT FROM thread_mailbox) AS are_empty
