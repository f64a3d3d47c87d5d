-- Operators can keep an account from sending (RFC 8621 §7.5, forbiddenToSend).
ALTER TABLE account ADD COLUMN may_send boolean NOT NULL DEFAULT true;
