-- Mail: every table leads with account_id, so that an account's rows can be placed together.

-- Needed for one index over (account, words); a trusted extension, so the database's owner may create it.
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Bytes as they came, stored once under their SHA-256, whoever they belong to.
CREATE TABLE blob (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    size       bigint      NOT NULL,
    data       bytea       NOT NULL,
    created_at timestamptz NOT NULL
);

-- Who has uploaded which blobs to an account, apart from those that its emails hold: what no email holds yet is
-- for its uploader only (RFC 8620 §6.1).
CREATE TABLE upload (
    account_id  bigint      NOT NULL,
    hash        bytea       NOT NULL,
    -- The name of the login. Whoever lost its access to the account does not get here.
    login_name  text        NOT NULL,
    uploaded_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, hash, login_name)
);

CREATE TABLE mailbox (
    account_id     bigint  NOT NULL,
    id             bigint  NOT NULL,
    parent_id      bigint,
    name           text    NOT NULL,
    role           text,
    sort_order     bigint  NOT NULL DEFAULT 0,
    is_subscribed  boolean NOT NULL DEFAULT true,
    total_emails   bigint  NOT NULL DEFAULT 0 CHECK (total_emails >= 0),
    unread_emails  bigint  NOT NULL DEFAULT 0 CHECK (unread_emails >= 0),
    total_threads  bigint  NOT NULL DEFAULT 0 CHECK (total_threads >= 0),
    unread_threads bigint  NOT NULL DEFAULT 0 CHECK (unread_threads >= 0),
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, parent_id) REFERENCES mailbox (account_id, id)
);
-- No two siblings of one name, no two mailboxes of one role (RFC 8621 §2).
CREATE UNIQUE INDEX mailbox_sibling ON mailbox (account_id, coalesce(parent_id, 0), name);
CREATE UNIQUE INDEX mailbox_role ON mailbox (account_id, role) WHERE role IS NOT NULL;

-- The verdict of RFC 9219 §4.1 in the words of its values.
CREATE TYPE smime_status AS ENUM (
    'unknown', 'signed', 'signed/verified', 'signed/failed',
    'encrypted+signed/verified', 'encrypted+signed/failed'
);

-- A slim row for lists and filters. Addresses and ids are stored as Email/get gives them (RFC 8621 §4.1).
CREATE TABLE email (
    account_id   bigint      NOT NULL,
    id           bigint      NOT NULL,
    thread_id    bigint      NOT NULL,
    received_at  timestamptz NOT NULL,
    sent_at      timestamptz,
    size         bigint      NOT NULL,
    -- Minutes east of UTC that the Date header names, so that sentAt keeps its offset.
    sent_offset  smallint,
    has_attachment boolean   NOT NULL,
    smime_status             smime_status,
    smime_status_at_delivery smime_status,
    -- The set of verified values stands here alone: filters and indexes use these two (RFC 9219 §4.2).
    smime_verified boolean NOT NULL GENERATED ALWAYS AS
        (coalesce(smime_status IN ('signed/verified', 'encrypted+signed/verified'), false)) STORED,
    smime_verified_at_delivery boolean NOT NULL GENERATED ALWAYS AS
        (coalesce(smime_status_at_delivery IN ('signed/verified', 'encrypted+signed/verified'), false)) STORED,
    blob_hash    bytea       NOT NULL,
    keywords     text[]      NOT NULL,
    subject      text,
    sender       jsonb,
    from_        jsonb,
    to_          jsonb,
    cc           jsonb,
    bcc          jsonb,
    reply_to     jsonb,
    message_id   text[],
    in_reply_to  text[],
    references_  text[],
    preview      text        NOT NULL,
    -- What RFC 8621 §4.4.2 sorts by, already folded to lower case.
    sort_from    text        NOT NULL COLLATE "C",
    sort_to      text        NOT NULL COLLATE "C",
    sort_subject text        NOT NULL COLLATE "C",
    -- Codes with parameters, never text; null when there is nothing wrong (RFC 9219 §4.1 smimeErrors).
    smime_errors jsonb,
    PRIMARY KEY (account_id, id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX email_blob ON email (account_id, blob_hash);
CREATE INDEX email_thread ON email (account_id, thread_id, received_at, id);
CREATE INDEX email_received ON email (account_id, received_at DESC, id DESC);
CREATE INDEX email_has_smime ON email (account_id, received_at DESC, id DESC)
    INCLUDE (smime_status, smime_status_at_delivery) WHERE smime_status IS NOT NULL;
CREATE INDEX email_verified ON email (account_id, smime_verified, received_at DESC, id DESC);
CREATE INDEX email_verified_at_delivery ON email (account_id, smime_verified_at_delivery, received_at DESC, id DESC);
CREATE INDEX email_errors ON email USING gin (account_id, smime_errors jsonb_path_ops) WHERE smime_errors IS NOT NULL;

-- Membership repeats what a mailbox is read by, so that a mailbox comes in order from its index alone.
CREATE TABLE email_mailbox (
    account_id  bigint      NOT NULL,
    email_id    bigint      NOT NULL,
    mailbox_id  bigint      NOT NULL,
    thread_id   bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    -- Neither $seen nor $draft (RFC 8621 §2, unreadEmails).
    is_unread   boolean     NOT NULL,
    PRIMARY KEY (account_id, email_id, mailbox_id),
    FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, mailbox_id) REFERENCES mailbox (account_id, id)
);
CREATE INDEX email_mailbox_received ON email_mailbox (account_id, mailbox_id, received_at DESC, email_id DESC)
    INCLUDE (thread_id, is_unread);

-- How many emails of a thread a mailbox holds: mailbox counters follow from these rows (RFC 8621 §2).
CREATE TABLE thread_mailbox (
    account_id bigint  NOT NULL,
    thread_id  bigint  NOT NULL,
    mailbox_id bigint  NOT NULL,
    emails     integer NOT NULL CHECK (emails >= 0),
    unread     integer NOT NULL CHECK (unread >= 0 AND unread <= emails),
    PRIMARY KEY (account_id, thread_id, mailbox_id)
);

-- Whether a thread is unread in a mailbox: if any of its emails is, wherever it is; but what is only in the trash
-- counts there alone, and nothing else counts there (RFC 8621 §2, unreadThreads).
CREATE VIEW thread_in_mailbox AS
SELECT t.account_id, t.thread_id, t.mailbox_id, t.emails, t.unread,
       CASE
           WHEN m.role = 'trash' THEN t.unread > 0
           ELSE EXISTS (
               SELECT FROM thread_mailbox o JOIN mailbox om ON om.account_id = o.account_id AND om.id = o.mailbox_id
               WHERE o.account_id = t.account_id AND o.thread_id = t.thread_id
                 AND o.unread > 0 AND om.role IS DISTINCT FROM 'trash')
       END AS is_unread
FROM thread_mailbox t
JOIN mailbox m ON m.account_id = t.account_id AND m.id = t.mailbox_id;

CREATE TABLE email_keyword (
    account_id  bigint      NOT NULL,
    keyword     text        NOT NULL COLLATE "C",
    received_at timestamptz NOT NULL,
    email_id    bigint      NOT NULL,
    PRIMARY KEY (account_id, keyword, received_at, email_id),
    FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE
);
CREATE INDEX email_keyword_email ON email_keyword (account_id, email_id);

-- Which thread a message joins: a digest of one of its message ids and its base subject (RFC 8621 §3).
CREATE TABLE thread_key (
    account_id bigint NOT NULL,
    key        bytea  NOT NULL,
    thread_id  bigint NOT NULL,
    PRIMARY KEY (account_id, key)
);

-- What the text conditions of RFC 8621 §4.4.1 search. The words are made by src/text.rs and by nothing else.
CREATE TABLE email_text (
    account_id bigint   NOT NULL,
    email_id   bigint   NOT NULL,
    words      tsvector NOT NULL,
    -- The header fields, decoded and folded: a line feed before each, "name:value".
    headers    text     NOT NULL,
    PRIMARY KEY (account_id, email_id),
    FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE
);
CREATE INDEX email_text_words ON email_text USING gin (account_id, words);
