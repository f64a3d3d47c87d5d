-- mailbox/create: a new, empty mailbox
INSERT INTO mailbox (account_id, id, parent_id, name, role, sort_order, is_subscribed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
