-- outgoing/insert_recipients: whom a message in the outbox is for, in their order
INSERT INTO outgoing_recipient (account_id, outgoing_id, ordinal, address, notify, orcpt)
SELECT $1, $2, n, address, notify, orcpt
FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS u (address, notify, orcpt, n)
