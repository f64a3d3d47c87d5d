-- Which email a message id names: what a notification is about (RFC 9007 §2.2). The id itself may be longer than an
-- index holds.
CREATE INDEX email_message_id ON email (account_id, hashtextextended(message_id[1], 0)) WHERE message_id IS NOT NULL;
