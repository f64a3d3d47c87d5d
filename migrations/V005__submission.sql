-- Sending: identities, submissions, the outbox, and vacation responses.

-- An address that an account sends from, with what clients put into new messages (RFC 8621 §6).
CREATE TABLE identity (
    account_id     bigint  NOT NULL,
    id             bigint  NOT NULL,
    name           text    NOT NULL,
    -- As clients see it; `*@` and a domain stands for every address of the domain.
    email          text    NOT NULL,
    reply_to       jsonb,
    bcc            jsonb,
    text_signature text    NOT NULL,
    html_signature text    NOT NULL,
    -- The canonical address that the server made this identity for. Nobody deletes it.
    default_for    text    COLLATE "C",
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX identity_default ON identity (account_id, default_for) WHERE default_for IS NOT NULL;

-- What clients see of a message that was sent (RFC 8621 §7). Sending does not depend on it: a submission may be
-- destroyed while its message is under way.
CREATE TABLE email_submission (
    account_id  bigint      NOT NULL,
    id          bigint      NOT NULL,
    identity_id bigint      NOT NULL,
    email_id    bigint      NOT NULL,
    thread_id   bigint      NOT NULL,
    -- Message-ID, by which an MDN names the message; null if it has none that an index takes.
    message_id  text,
    -- The reverse-path of the envelope, empty for the null one, and its parameters as the client gave them.
    mail_from       text    NOT NULL,
    mail_parameters jsonb,
    send_at     timestamptz NOT NULL,
    undo_status text        NOT NULL CHECK (undo_status IN ('pending', 'final', 'canceled')),
    PRIMARY KEY (account_id, id)
);
CREATE INDEX email_submission_message ON email_submission (account_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX email_submission_send_at ON email_submission (account_id, send_at, id);

-- The recipients of a submission, with its deliveryStatus.
CREATE TABLE email_submission_recipient (
    account_id    bigint  NOT NULL,
    submission_id bigint  NOT NULL,
    ordinal       integer NOT NULL,
    address       text    NOT NULL,
    parameters    jsonb,
    smtp_reply    text    NOT NULL,
    delivered     text    NOT NULL CHECK (delivered IN ('queued', 'yes', 'no', 'unknown')),
    displayed     text    NOT NULL DEFAULT 'unknown' CHECK (displayed IN ('unknown', 'yes')),
    PRIMARY KEY (account_id, submission_id, ordinal),
    FOREIGN KEY (account_id, submission_id) REFERENCES email_submission (account_id, id) ON DELETE CASCADE
);

-- The reports that came back for a submission (dsnBlobIds, mdnBlobIds), in the order in which they came.
CREATE TABLE email_submission_report (
    account_id    bigint  NOT NULL,
    submission_id bigint  NOT NULL,
    ordinal       integer NOT NULL,
    kind          text    NOT NULL CHECK (kind IN ('dsn', 'mdn')),
    blob_hash     bytea   NOT NULL,
    PRIMARY KEY (account_id, submission_id, ordinal),
    FOREIGN KEY (account_id, submission_id) REFERENCES email_submission (account_id, id) ON DELETE CASCADE
);
CREATE INDEX email_submission_report_blob ON email_submission_report (account_id, blob_hash);

-- The outbox: messages that still have a recipient to reach, or something to report.
CREATE TABLE outgoing (
    -- Who sends.
    account_id bigint      NOT NULL,
    -- The number of the submission, if there is one: both come from one sequence.
    id         bigint      NOT NULL,
    blob_hash  bytea       NOT NULL,
    -- The reverse-path, empty for the null one.
    mail_from  text        NOT NULL,
    -- RFC 3461 §4.3 and §4.4; RFC 4865 §5.1.2, as a report repeats it.
    ret        text,
    envid      text,
    hold       text,
    queued_at  timestamptz NOT NULL,
    -- When it may go out; its trace field says so at every attempt, so that all attempts send the same bytes.
    release_at timestamptz NOT NULL,
    -- What cannot be delivered then has failed.
    expires_at timestamptz NOT NULL,
    -- When it is tried next; while somebody works on it, when its lease runs out.
    due_at     timestamptz NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0,
    -- Counted up by each claim: who holds the newest number holds the lease.
    lease      bigint      NOT NULL DEFAULT 0,
    is_leased  boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX outgoing_due_at ON outgoing (due_at);

CREATE TABLE outgoing_recipient (
    account_id  bigint  NOT NULL,
    outgoing_id bigint  NOT NULL,
    ordinal     integer NOT NULL,
    address     text    NOT NULL,
    -- RFC 3461 §4.1 and §4.2.
    notify      text,
    orcpt       text,
    -- What is not queued any more stays until the sender has its report of it.
    outcome     text    NOT NULL DEFAULT 'queued' CHECK (outcome IN ('queued', 'delivered', 'relayed', 'failed')),
    reply       text,
    settled_at  timestamptz,
    PRIMARY KEY (account_id, outgoing_id, ordinal),
    FOREIGN KEY (account_id, outgoing_id) REFERENCES outgoing (account_id, id) ON DELETE CASCADE
);

-- RFC 8621 §8. An account without a row has the default.
CREATE TABLE vacation_response (
    account_id bigint  PRIMARY KEY,
    is_enabled boolean NOT NULL,
    from_date  timestamptz,
    to_date    timestamptz,
    subject    text,
    text_body  text,
    html_body  text
);

-- Who has had the present response (RFC 3834 §2).
CREATE TABLE vacation_reply (
    account_id bigint      NOT NULL,
    -- Canonical.
    address    text        NOT NULL COLLATE "C",
    replied_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, address)
);
