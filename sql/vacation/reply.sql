-- vacation/reply: notes that a sender is answered, unless it was already, or $4 others were
INSERT INTO vacation_reply (account_id, address, replied_at)
SELECT $1, $2, $3
WHERE (SELECT count(*) FROM vacation_reply r WHERE r.account_id = $1) < $4
ON CONFLICT (account_id, address) DO NOTHING
