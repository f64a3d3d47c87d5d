-- Verification in three layers (ARCHITECTURE.md, "Three layers of truth"): facts, verdicts, status.

-- Certificates seen in mail or given by the operator, kept to complete chains later.
CREATE TABLE certificate (
    fingerprint bytea       PRIMARY KEY,
    der         bytea       NOT NULL,
    -- DER of the names, as X.509 compares them for path building.
    subject     bytea       NOT NULL,
    issuer      bytea       NOT NULL,
    -- What SignerInfos name a certificate by: the serial number without leading zero octets, subjectKeyIdentifier.
    -- Null where they are longer than an index takes.
    serial         bytea,
    key_identifier bytea,
    added_at    timestamptz NOT NULL
);
-- Names have no bound, and an entry of a B-tree has one: by their hashes.
CREATE INDEX certificate_subject ON certificate USING hash (subject);
CREATE INDEX certificate_issuer_serial ON certificate (sha256(issuer), serial);
CREATE INDEX certificate_key_identifier ON certificate (key_identifier);

CREATE TABLE trust_anchor (
    fingerprint bytea       PRIMARY KEY,
    der         bytea       NOT NULL,
    name        text        NOT NULL,
    added_at    timestamptz NOT NULL
);

-- What is known about revocation. A row is evidence, not truth: each evaluation checks its signature again.
CREATE TABLE revocation_evidence (
    digest      bytea       PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('crl', 'ocsp')),
    der         bytea       NOT NULL,
    issuer      bytea       NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz,
    -- An indirect CRL speaks for other issuers than its own, so it is read whatever the chain (RFC 5280 §5.2.5).
    is_indirect boolean     NOT NULL DEFAULT false,
    -- 'operator', 'message', or the URL that it was fetched from.
    source      text        NOT NULL,
    added_at    timestamptz NOT NULL
);
CREATE INDEX revocation_evidence_issuer ON revocation_evidence USING hash (issuer);

-- A leaf certificate with the intermediates seen beside it; shared by all messages and accounts.
CREATE TABLE signer (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest        bytea  NOT NULL UNIQUE,
    leaf          bytea  NOT NULL REFERENCES certificate (fingerprint),
    intermediates bytea[] NOT NULL
);

-- What the chain of a signer is worth, and until when that may be believed.
CREATE TABLE verdict (
    signer_id    bigint      PRIMARY KEY REFERENCES signer (id) ON DELETE CASCADE,
    -- Null until the first evaluation.
    verified_at  timestamptz,
    -- The cache expiry: from this instant on the verdict is due (RFC 9219 §4.1, at most 24 hours).
    expires_at   timestamptz NOT NULL,
    is_good      boolean     NOT NULL DEFAULT false,
    -- The codes of the present clock.
    problems     jsonb       NOT NULL DEFAULT '[]',
    -- The other clock: when a delivery met a good chain, and when only missing evidence kept it from being known.
    good         tstzmultirange NOT NULL DEFAULT '{}',
    undetermined tstzmultirange NOT NULL DEFAULT '{}',
    -- A trust anchor was added since the last evaluation: at-delivery statuses that failed may now be verified.
    reopened     boolean     NOT NULL DEFAULT false
);
CREATE INDEX verdict_expires_at ON verdict (expires_at);
CREATE INDEX verdict_verified_at ON verdict (verified_at);

-- Facts of a message that is S/MIME in some form; they follow from its bytes and never change.
CREATE TABLE email_smime (
    account_id bigint      NOT NULL,
    email_id   bigint      NOT NULL,
    form       text        NOT NULL,
    problems   jsonb       NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, email_id),
    FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE
);

-- One row for each SignerInfo whose certificate is known.
CREATE TABLE email_signature (
    account_id   bigint   NOT NULL,
    email_id     bigint   NOT NULL,
    ordinal      smallint NOT NULL,
    signer_id    bigint   NOT NULL,
    -- Whether this is the signer of the message: its certificate names the From address, or, when none does,
    -- it is the first. Only such a signer's verdict decides.
    is_sender    boolean  NOT NULL,
    digest       text     NOT NULL,
    algorithm    text     NOT NULL,
    signing_time timestamptz,
    PRIMARY KEY (account_id, email_id, ordinal),
    FOREIGN KEY (account_id, email_id) REFERENCES email_smime (account_id, email_id) ON DELETE CASCADE
);
CREATE INDEX email_signature_signer ON email_signature (signer_id, account_id, email_id);

-- Which signers the mail of an account rests on, so that "is anything stale here?" is asked of signers.
CREATE TABLE account_signer (
    account_id bigint  NOT NULL,
    signer_id  bigint  NOT NULL,
    emails     bigint  NOT NULL CHECK (emails >= 0),
    PRIMARY KEY (account_id, signer_id)
);
CREATE INDEX account_signer_signer ON account_signer (signer_id);

-- The one place where facts and verdicts become a status (RFC 9219 §4.1). `status_at_delivery` is what the
-- verdict says now; whether a remembered value gives way to it is for sql/verdict/apply.sql to decide.
CREATE VIEW email_smime_outcome AS
SELECT f.account_id,
       f.email_id,
       CASE
           WHEN f.form = 'unknown' THEN 'unknown'
           WHEN f.problems <> '[]' THEN 'signed/failed'
           WHEN v.evaluated IS NOT TRUE THEN 'signed'
           WHEN v.is_good THEN 'signed/verified'
           ELSE 'signed/failed'
       END::smime_status AS status,
       CASE
           WHEN f.form = 'unknown' THEN 'unknown'
           WHEN f.problems <> '[]' THEN 'signed/failed'
           WHEN v.evaluated IS NOT TRUE THEN 'signed'
           WHEN v.was_good THEN 'signed/verified'
           WHEN v.was_undetermined THEN 'signed'
           ELSE 'signed/failed'
       END::smime_status AS status_at_delivery,
       CASE
           WHEN f.form = 'unknown' THEN NULL
           WHEN f.problems <> '[]' AND (v.evaluated IS NOT TRUE OR v.is_good) THEN f.problems
           WHEN v.evaluated IS NOT TRUE OR v.is_good THEN NULL
           ELSE f.problems || v.problems
       END AS errors,
       CASE WHEN f.form = 'unknown' THEN NULL ELSE coalesce(v.verified_at, f.checked_at) END AS verified_at,
       coalesce(v.reopened, false) AS reopened
FROM email_smime f
JOIN email e ON e.account_id = f.account_id AND e.id = f.email_id
LEFT JOIN LATERAL (
    SELECT bool_and(d.verified_at IS NOT NULL) AS evaluated,
           bool_or(d.is_good) AS is_good,
           bool_or(e.received_at <@ d.good) AS was_good,
           bool_or(e.received_at <@ d.undetermined) AS was_undetermined,
           bool_or(d.reopened) AS reopened,
           max(d.verified_at) AS verified_at,
           (array_agg(d.problems ORDER BY s.ordinal))[1] AS problems
    FROM email_signature s
    JOIN verdict d ON d.signer_id = s.signer_id
    WHERE s.account_id = f.account_id AND s.email_id = f.email_id AND s.is_sender
) v ON true;
