-- Who may log in, and the accounts of mail that they reach.

-- A person or program that logs in. Names are compared in lower case.
CREATE TABLE login (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text        NOT NULL UNIQUE CHECK (name = lower(name) AND name <> ''),
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL
);

-- An account of mail (RFC 8620 §1.6.2). Its row is locked by every writer of the account, so that changes
-- get their numbers in the order in which they commit.
CREATE TABLE account (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL UNIQUE CHECK (name <> ''),
    -- The number of the newest change; the state strings of all data types come from it.
    state      bigint      NOT NULL DEFAULT 0,
    -- The next object id. Ids are counted per account: no sequence that all accounts fight over, and a
    -- demonstration with a frozen clock numbers its objects the same way each time.
    next_id    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

CREATE TABLE account_access (
    login_id     bigint  NOT NULL REFERENCES login (id) ON DELETE CASCADE,
    account_id   bigint  NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    is_personal  boolean NOT NULL,
    is_read_only boolean NOT NULL DEFAULT false,
    PRIMARY KEY (login_id, account_id)
);

-- The newest change of each data type of an account, and the oldest state that /changes can start from.
CREATE TABLE data_type_state (
    account_id bigint   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    data_type  smallint NOT NULL,
    state      bigint   NOT NULL,
    oldest     bigint   NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, data_type)
);

-- One row for each object that a transaction touched, each with a state number of its own, so that /changes
-- can stop after any number of objects at a state that is true (RFC 8620 §5.2, maxChanges).
CREATE TABLE change (
    account_id bigint   NOT NULL,
    data_type  smallint NOT NULL,
    state      bigint   NOT NULL,
    object_id  bigint   NOT NULL,
    -- 1 created, 2 updated, 3 destroyed, 4 updated in its counters only (Mailbox)
    kind       smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    PRIMARY KEY (account_id, data_type, state)
);
