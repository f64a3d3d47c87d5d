-- Evidence from the network (ARCHITECTURE.md, "Evidence is fetched"): what certificates name that can be fetched, and
-- the work of fetching it.

-- A thing that can be fetched. Its row is also the work that it stands for: it is due when it should be fetched, and
-- leased to one node while that node does it.
CREATE TABLE source (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of kind, URL, certificate and issuer: what makes two sources the same.
    key             bytea       NOT NULL UNIQUE CHECK (octet_length(key) = 32),
    kind            text        NOT NULL CHECK (kind IN ('crl', 'ocsp', 'issuer')),
    url             text        NOT NULL CHECK (octet_length(url) <= 2048),
    -- Whom it loads; of the URL, for bounds.
    host            text        NOT NULL,
    -- The certificate that a responder is asked about, and its issuer, by their fingerprints.
    certificate     bytea       CHECK (octet_length(certificate) = 32),
    issuer          bytea       CHECK (octet_length(issuer) = 32),
    created_at      timestamptz NOT NULL,
    -- When some verdict wanted it last, to the day.
    wanted_at       timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    -- Until when a node has it; another takes it over then.
    leased_until    timestamptz,
    -- Counts leases, so that a node whose lease ran out does not settle what another took over.
    lease           bigint      NOT NULL DEFAULT 0,
    -- Attempts since the last success.
    attempts        integer     NOT NULL DEFAULT 0,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    -- A short code and what it means in words; null after a success.
    last_error      text,
    last_detail     text,
    -- Of the newest content.
    this_update     timestamptz,
    next_update     timestamptz,
    -- What the server said of it, to be asked for what is newer.
    etag            text,
    last_modified   text,
    -- Whose verdicts still have to be made due after the last attempt: of all that want it, or of those that wait for it.
    tell            text        CHECK (tell IN ('all', 'waiting')),
    CHECK ((kind = 'ocsp') = (certificate IS NOT NULL)),
    CHECK ((kind = 'ocsp') = (issuer IS NOT NULL))
);
CREATE INDEX source_due ON source (due_at);
CREATE INDEX source_tell ON source (id) WHERE tell IS NOT NULL;
CREATE INDEX source_host ON source (host, created_at);
CREATE INDEX source_issuer_created ON source (created_at) WHERE kind = 'issuer';

-- Which verdicts want a source.
CREATE TABLE signer_source (
    signer_id  bigint  NOT NULL REFERENCES signer (id) ON DELETE CASCADE,
    source_id  bigint  NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- Whether the verdict could be another one with it.
    is_missing boolean NOT NULL,
    PRIMARY KEY (signer_id, source_id)
);
CREATE INDEX signer_source_source ON signer_source (source_id, signer_id);

-- Since when a verdict waits for sources that are being fetched; it says what it said before until then. Null when it
-- waits for nothing.
ALTER TABLE verdict ADD COLUMN waiting_since timestamptz;
CREATE INDEX verdict_waiting ON verdict (signer_id) WHERE waiting_since IS NOT NULL;
