-- mailbox/park: mailboxes give up name and role until the same transaction gives them others, so that several can
-- change places; the name in between is one that no client can give
UPDATE mailbox SET name = E'\x01' || id, role = NULL
WHERE account_id = $1 AND id = ANY ($2)
