-- What the operator demands of the chains that end at an anchor: `AnchorPolicy` in src/smime/verdict.rs.
ALTER TABLE trust_anchor
    -- Null is what the installation requires.
    ADD COLUMN revocation    text CHECK (revocation IN ('hard', 'named', 'soft', 'off')),
    ADD COLUMN trusted_from  timestamptz,
    ADD COLUMN trusted_until timestamptz,
    -- Names of algorithms, and certificate policies as dotted object identifiers; empty is any.
    ADD COLUMN algorithms    text[] NOT NULL DEFAULT '{}'
        CHECK (algorithms = '{}' OR array_to_string(algorithms, ',', '?') ~ '^[a-z0-9-]+(,[a-z0-9-]+)*$'),
    ADD COLUMN policies      text[] NOT NULL DEFAULT '{}'
        CHECK (policies = '{}' OR array_to_string(policies, ',', '?') ~ '^[0-9]+(\.[0-9]+)+(,[0-9]+(\.[0-9]+)+)*$'),
    ADD CHECK (trusted_from < trusted_until);

-- That many verdicts became due at once, and what came of it. Nodes that help leave a row of their own for each
-- transaction, so that nobody waits for another's count.
CREATE TABLE reverification (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The verdicts that became due.
    verdicts bigint      NOT NULL,
    begun_at timestamptz NOT NULL
);
CREATE TABLE reverification_step (
    reverification_id    bigint NOT NULL REFERENCES reverification (id) ON DELETE CASCADE,
    -- Verdicts that were evaluated; emails that changed, and in what.
    verdicts             bigint NOT NULL DEFAULT 0,
    emails               bigint NOT NULL DEFAULT 0,
    statuses             bigint NOT NULL DEFAULT 0,
    statuses_at_delivery bigint NOT NULL DEFAULT 0
);
CREATE INDEX reverification_step_reverification ON reverification_step (reverification_id);

ALTER TABLE verdict
    -- What made it due, until it is evaluated.
    ADD COLUMN reverification_id bigint,
    -- Its evaluation failed for a fault of the server: workers leave it alone until then, requests do not.
    ADD COLUMN put_off_until     timestamptz;
CREATE INDEX verdict_reverification ON verdict (reverification_id) WHERE reverification_id IS NOT NULL;

-- A verdict that says something new, and an account whose emails have not all heard of it. Emails are walked over by
-- their ids, a bounded number in each transaction, which moves the cursor too: a node that dies repeats nothing and
-- loses nothing. A verdict that changes meanwhile starts the walk again.
CREATE TABLE verdict_move (
    account_id        bigint      NOT NULL,
    signer_id         bigint      NOT NULL REFERENCES verdict (signer_id) ON DELETE CASCADE,
    -- Emails up to this one have heard of it.
    after_email       bigint      NOT NULL DEFAULT 0,
    -- At-delivery statuses that failed may become verified: a trust anchor was added (RFC 9219 §4.1).
    is_reopened       boolean     NOT NULL,
    -- Nothing is new but for deliveries, so that only those can move whose status is not calculated yet.
    is_for_deliveries boolean     NOT NULL,
    reverification_id bigint,
    -- When it was left or last taken up: whoever waits for longest comes first.
    waits_since       timestamptz NOT NULL,
    put_off_until     timestamptz,
    PRIMARY KEY (account_id, signer_id)
);
CREATE INDEX verdict_move_waits_since ON verdict_move (waits_since, account_id);
CREATE INDEX verdict_move_signer ON verdict_move (signer_id);
CREATE INDEX verdict_move_reverification ON verdict_move (reverification_id) WHERE reverification_id IS NOT NULL;

-- Deliveries whose status is not calculated yet, of which there are few as a rule: only these can be moved by news for
-- deliveries alone.
CREATE INDEX email_delivery_not_calculated ON email (account_id, id) WHERE smime_status_at_delivery = 'signed';
