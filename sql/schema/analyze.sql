-- schema/analyze: counts for the planner what mail fills
ANALYZE upload, blob, email, email_search, email_mailbox, email_keyword, email_smime, email_signature, thread_mailbox, thread_key
