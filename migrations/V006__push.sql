-- Push (RFC 8620 §7.2): who wants to be told of changes, at which URL, and the work of telling them.

-- A subscription belongs to a login, and ends with its password. Its row is also the work that it stands for: the
-- row is due when there may be something to tell, and leased to one node while that node tells it.
CREATE TABLE push_subscription (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id          bigint      NOT NULL REFERENCES login (id) ON DELETE CASCADE,
    device_client_id  text        NOT NULL,
    -- A secret: whoever knows it can push to the device.
    url               text        NOT NULL,
    -- The client's key and secret (RFC 8291), for what is encrypted.
    p256dh            bytea       CHECK (octet_length(p256dh) = 65),
    auth              bytea       CHECK (octet_length(auth) = 16),
    verification_code text        NOT NULL,
    is_verified       boolean     NOT NULL DEFAULT false,
    expires_at        timestamptz NOT NULL,
    -- The names of the types to tell of; null is all.
    types             text[],
    created_at        timestamptz NOT NULL,
    -- The states that the subscriber knows: for each account its newest change of which it was told.
    told              text        NOT NULL,
    -- Counts what makes the subscription due, so that whoever tells it notices what happened meanwhile.
    changes           bigint      NOT NULL DEFAULT 0,
    -- When there may be something to tell; while it is leased, when the lease ends.
    due_at            timestamptz,
    -- Not to be pushed to before, lest pushes come too thick.
    rest_until        timestamptz,
    -- Attempts since the last success.
    attempts          integer     NOT NULL DEFAULT 0,
    -- Counts leases, so that a node whose lease ran out does not settle what another took over.
    lease             bigint      NOT NULL DEFAULT 0,
    CHECK ((p256dh IS NULL) = (auth IS NULL))
);
CREATE INDEX push_subscription_login ON push_subscription (login_id);
CREATE INDEX push_subscription_due ON push_subscription (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX push_subscription_expires ON push_subscription (expires_at);

-- Accounts that changed, noted in the transaction that changed them, until their subscriptions are made due.
CREATE TABLE push_wake (
    account_id bigint      PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    changed_at timestamptz NOT NULL
);
CREATE INDEX account_access_account ON account_access (account_id);

-- How many subscriptions a login made of late: each makes this server call an address of the login's choice.
CREATE TABLE push_allowance (
    login_id bigint      PRIMARY KEY REFERENCES login (id) ON DELETE CASCADE,
    since    timestamptz NOT NULL,
    made     integer     NOT NULL
);

-- The key by which push services know this server (RFC 8292), made at the first need and shared by all nodes.
CREATE TABLE vapid_key (
    id          smallint    PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    -- PKCS #8.
    private_key bytea       NOT NULL,
    created_at  timestamptz NOT NULL
);
