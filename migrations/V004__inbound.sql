-- Mail from outside: whom an address leads to, and how much an account may hold.

-- Where the mail for an address goes. One address may lead to several accounts, and an account has any number of them.
CREATE TABLE address (
    -- Canonical: the local part unquoted and in lower case, the domain in lower-case A-labels. Or `@` and a domain:
    -- every address of the domain that leads nowhere else.
    address    text   NOT NULL COLLATE "C" CHECK (position('@' IN address) > 0),
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (address, account_id)
);
CREATE INDEX address_account ON address (account_id, address);

-- The name of an account is its address, where it is one. Names that need more than this to become canonical are left
-- to the operator (`signet account address add`).
INSERT INTO address (address, account_id)
SELECT lower(name), id FROM account WHERE lower(name) ~ '^[^@[:space:][:cntrl:]"\\]+@[a-z0-9.-]+$';

ALTER TABLE account
    -- What its emails amount to.
    ADD COLUMN used_octets bigint NOT NULL DEFAULT 0,
    ADD COLUMN used_emails bigint NOT NULL DEFAULT 0,
    -- The operator's own limits for this account: null is the default of the configuration, -1 is no limit.
    ADD COLUMN octets_limit bigint CHECK (octets_limit >= -1),
    ADD COLUMN emails_limit bigint CHECK (emails_limit >= -1),
    -- The limits that clients were told last, so that another one is a change of the Quota; null is none.
    ADD COLUMN told_octets_limit bigint,
    ADD COLUMN told_emails_limit bigint;

UPDATE account a
SET (used_octets, used_emails) = (SELECT coalesce(sum(e.size), 0), count(*) FROM email e WHERE e.account_id = a.id);

-- Triggers count, so that no way in and no program that is older than these columns can forget it. Whoever writes emails
-- holds the lock of the account's row already.
CREATE FUNCTION account_gains_emails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account a
    SET used_octets = a.used_octets + n.octets, used_emails = a.used_emails + n.emails
    FROM (SELECT account_id, sum(size) AS octets, count(*) AS emails FROM gained GROUP BY account_id) n
    WHERE a.id = n.account_id;
    RETURN NULL;
END $$;
CREATE FUNCTION account_loses_emails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account a
    SET used_octets = a.used_octets - n.octets, used_emails = a.used_emails - n.emails
    FROM (SELECT account_id, sum(size) AS octets, count(*) AS emails FROM lost GROUP BY account_id) n
    WHERE a.id = n.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER email_gained AFTER INSERT ON email REFERENCING NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION account_gains_emails();
CREATE TRIGGER email_lost AFTER DELETE ON email REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION account_loses_emails();
