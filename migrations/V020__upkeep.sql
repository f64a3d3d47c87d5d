-- Upkeep: what goes when it is not needed any more, and how PostgreSQL keeps the tables that change most.

-- Each kind of upkeep is a walk over a table, in steps that are short transactions. A step locks its row, and moves it
-- on, so that whichever node takes the next step begins where this one ended, and a node that dies repeats nothing.
CREATE TABLE upkeep_task (
    task        text        PRIMARY KEY,
    -- When a walk begins; it is due while one is under way.
    due_at      timestamptz NOT NULL,
    -- How far the walk has come, in the order of the table's key.
    account_id  bigint      NOT NULL DEFAULT 0,
    key         bytea       NOT NULL DEFAULT '',
    -- When the last walk came to its end.
    finished_at timestamptz
);
INSERT INTO upkeep_task (task, due_at)
VALUES ('marks', 'epoch'), ('changes', 'epoch'), ('uploads', 'epoch'), ('orphans', 'epoch'), ('blobs', 'epoch'),
       ('thread_keys', 'epoch'), ('evidence', 'epoch'), ('submissions', 'epoch'), ('reverifications', 'epoch');

-- The state of an account at some instant: changes up to it are older. Events of the change log bear no time, which
-- would cost each of them eight octets; a mark now and then tells their age well enough.
CREATE TABLE change_mark (
    account_id bigint      NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    marked_at  timestamptz NOT NULL,
    state      bigint      NOT NULL,
    PRIMARY KEY (account_id, marked_at)
);

-- Blobs that lost a reference in an account, and may have none left. Account 0 stands for those that the walk over all
-- blobs found.
CREATE TABLE blob_orphan (
    account_id bigint NOT NULL,
    hash       bytea  NOT NULL,
    -- When upkeep saw it first; its time of grace begins there.
    noticed_at timestamptz,
    PRIMARY KEY (hash, account_id)
);

-- Triggers notice it, so that no way out can forget it, nor a node that is older than this. A row that is there already is
-- written all the same: whoever is about to judge that the blob is not orphaned has it locked.
CREATE FUNCTION blobs_lose_emails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO blob_orphan (account_id, hash)
    SELECT l.account_id, l.blob_hash FROM lost l ORDER BY l.account_id, l.blob_hash
    ON CONFLICT (account_id, hash) DO UPDATE SET noticed_at = NULL;
    RETURN NULL;
END $$;
-- The upload of a message that was imported is no loss.
CREATE FUNCTION blobs_lose_uploads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO blob_orphan (account_id, hash)
    SELECT DISTINCT l.account_id, l.hash FROM lost l
    WHERE NOT EXISTS (SELECT FROM email e WHERE e.account_id = l.account_id AND e.blob_hash = l.hash)
    ORDER BY l.account_id, l.hash
    ON CONFLICT (account_id, hash) DO UPDATE SET noticed_at = NULL;
    RETURN NULL;
END $$;
-- Nor is a message that was sent and that its sender keeps.
CREATE FUNCTION blobs_lose_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO blob_orphan (account_id, hash)
    SELECT DISTINCT l.account_id, l.blob_hash FROM lost l
    WHERE NOT EXISTS (SELECT FROM email e WHERE e.account_id = l.account_id AND e.blob_hash = l.blob_hash)
    ORDER BY l.account_id, l.blob_hash
    ON CONFLICT (account_id, hash) DO UPDATE SET noticed_at = NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER blob_lost_email AFTER DELETE ON email REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION blobs_lose_emails();
CREATE TRIGGER blob_lost_upload AFTER DELETE ON upload REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION blobs_lose_uploads();
CREATE TRIGGER blob_lost_outgoing AFTER DELETE ON outgoing REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION blobs_lose_messages();
CREATE TRIGGER blob_lost_report AFTER DELETE ON email_submission_report REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION blobs_lose_messages();

-- Whether anybody refers to a blob is asked of all accounts. So the hash leads in the indexes by which one account is asked
-- with both, which costs neither of them anything.
CREATE UNIQUE INDEX email_by_blob ON email (blob_hash, account_id);
DROP INDEX email_blob;
ALTER TABLE upload DROP CONSTRAINT upload_pkey, ADD PRIMARY KEY (hash, account_id, login_name);
CREATE INDEX email_submission_report_by_blob ON email_submission_report (blob_hash, account_id);
DROP INDEX email_submission_report_blob;
CREATE INDEX outgoing_blob ON outgoing (blob_hash);

-- Submissions are asked for by what they are of (RFC 8621 §7.3).
CREATE INDEX email_submission_email ON email_submission (account_id, email_id);
CREATE INDEX email_submission_thread ON email_submission (account_id, thread_id);
CREATE INDEX email_submission_identity ON email_submission (account_id, identity_id, send_at);

-- Lists are read from indexes alone where the visibility map says that all rows of a page are seen by everybody. Vacuum
-- keeps that map, and comes by itself only after a fifth of a table has changed: months of mail.
ALTER TABLE email SET (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE email_mailbox SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE email_keyword SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01,
    autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE thread_mailbox SET (
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
-- Words wait in the pending list of the index until vacuum files them, and every search reads that list.
ALTER TABLE email_search SET (autovacuum_vacuum_insert_scale_factor = 0.02);
-- Rows come at one end and go at the other.
ALTER TABLE change SET (autovacuum_vacuum_scale_factor = 0.05);
-- Every verdict gets a new time of expiry each day, which an index holds.
ALTER TABLE verdict SET (autovacuum_vacuum_scale_factor = 0.05);
-- Of what waits and goes, there is more that is gone than that is there: a share of it says nothing.
ALTER TABLE upload SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE blob_orphan SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE outgoing SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE outgoing_recipient SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE push_wake SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE verdict_move SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
