-- Uploads that no email holds are counted as they come and go, so that an upload costs the same whatever came before it.

ALTER TABLE upload
    -- What it counts for while no email of the account holds it: its octets, 64 KiB at least.
    ADD COLUMN octets  bigint  NOT NULL DEFAULT 65536,
    -- Whether an email of the account holds the blob: then it does not count.
    ADD COLUMN is_held boolean NOT NULL DEFAULT false;
UPDATE upload u
SET octets = greatest(b.size, 65536),
    is_held = EXISTS (SELECT FROM email e WHERE e.account_id = u.account_id AND e.blob_hash = u.hash)
FROM blob b
WHERE b.hash = u.hash;

-- The oldest of a login, of those that count and of those that are held.
CREATE INDEX upload_age ON upload (account_id, login_name, is_held, uploaded_at);
DROP INDEX upload_login;

-- What a login has in an account of uploads that no email holds (RFC 8620 §6).
CREATE TABLE upload_room (
    account_id bigint NOT NULL,
    login_name text   NOT NULL,
    octets     bigint NOT NULL,
    PRIMARY KEY (account_id, login_name)
) WITH (fillfactor = 50);
INSERT INTO upload_room (account_id, login_name, octets)
SELECT account_id, login_name, sum(octets) FROM upload WHERE NOT is_held GROUP BY account_id, login_name;

-- Triggers count, so that no way in and no program that is older than these columns can forget it. Rows of upload_room are
-- locked last and in their order; whoever has one takes no other lock.
CREATE FUNCTION uploads_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_room AS r (account_id, login_name, octets)
    SELECT account_id, login_name, sum(octets) FROM gained WHERE NOT is_held
    GROUP BY account_id, login_name ORDER BY account_id, login_name
    ON CONFLICT (account_id, login_name) DO UPDATE SET octets = r.octets + excluded.octets;
    RETURN NULL;
END $$;
CREATE FUNCTION uploads_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An INSERT that may update comes here whether it did or not.
    IF NOT EXISTS (SELECT FROM gained) THEN
        RETURN NULL;
    END IF;
    INSERT INTO upload_room AS r (account_id, login_name, octets)
    SELECT account_id, login_name, sum(octets)
    FROM (SELECT account_id, login_name, octets FROM gained WHERE NOT is_held
          UNION ALL
          SELECT account_id, login_name, -octets FROM lost WHERE NOT is_held) m
    GROUP BY account_id, login_name HAVING sum(octets) <> 0 ORDER BY account_id, login_name
    ON CONFLICT (account_id, login_name) DO UPDATE SET octets = r.octets + excluded.octets;
    RETURN NULL;
END $$;
CREATE FUNCTION uploads_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lost) THEN
        RETURN NULL;
    END IF;
    INSERT INTO upload_room AS r (account_id, login_name, octets)
    SELECT account_id, login_name, -sum(octets) FROM lost WHERE NOT is_held
    GROUP BY account_id, login_name ORDER BY account_id, login_name
    ON CONFLICT (account_id, login_name) DO UPDATE SET octets = r.octets + excluded.octets;
    RETURN NULL;
END $$;
CREATE TRIGGER upload_gained AFTER INSERT ON upload REFERENCING NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_come();
CREATE TRIGGER upload_changed AFTER UPDATE ON upload REFERENCING OLD TABLE AS lost NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_change();
CREATE TRIGGER upload_lost AFTER DELETE ON upload REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_go();
