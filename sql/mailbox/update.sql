-- mailbox/update: what a client may set of a mailbox for everybody
UPDATE mailbox SET parent_id = $3, name = $4, role = $5, sort_order = $6
WHERE account_id = $1 AND id = $2
