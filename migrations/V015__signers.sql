-- Who signed: what is told of a SignerInfo beyond its verdict, the path and the evidence of a verdict, and since when an
-- account knows a certificate.

-- What the bytes alone say against this SignerInfo. Null where it was stored by a program older than this column: then
-- what the message's facts say of signatures counts for each of them.
ALTER TABLE email_signature ADD COLUMN problems jsonb;

ALTER TABLE verdict
    -- Fingerprints of the path that is good, or that is nearest to it, the leaf first. Null before the next evaluation.
    ADD COLUMN path bytea[],
    -- What was believed about the certificates of that path, each with where it came from.
    ADD COLUMN evidence jsonb NOT NULL DEFAULT '[]';

-- Signers of one certificate, which may have come with different intermediates.
CREATE INDEX signer_leaf ON signer (leaf);

-- Since when an account has mail that was signed with a certificate. It outlives the first such message, and goes with
-- the last.
CREATE TABLE account_certificate (
    account_id    bigint      NOT NULL,
    fingerprint   bytea       NOT NULL,
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, fingerprint)
);

-- Whether a signature's value and the digest of its content fit its certificate's key, from its own problems and its
-- message's. Code::breaks_signature and smime::of_one_signature say the same; a test holds them together.
CREATE FUNCTION signature_is_intact(own jsonb, message jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT coalesce(own, message) @?
               '$[*].code ? (@ == "malformed-signature" || @ == "content-altered" || @ == "signature-invalid"
                             || @ == "unsupported-algorithm")'
       AND NOT message @? '$[*] ? (@.code == "malformed-signature" && !exists(@.parameters.signer))'
$$;

-- A certificate counts as seen when somebody signed with its key: anybody can send it along. A receivedAt in the future
-- makes nobody known later than the message that is here.
INSERT INTO account_certificate (account_id, fingerprint, first_seen_at)
SELECT s.account_id, g.leaf, min(least(e.received_at, f.checked_at))
FROM email_signature s
JOIN signer g ON g.id = s.signer_id
JOIN email_smime f ON f.account_id = s.account_id AND f.email_id = s.email_id
JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
WHERE signature_is_intact(s.problems, f.problems)
GROUP BY s.account_id, g.leaf;

-- Triggers see to it, so that no way in and no program that is older than this table can forget it. Whoever writes
-- emails holds the lock of the account's row already.
CREATE FUNCTION account_sees_certificates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account_certificate AS k (account_id, fingerprint, first_seen_at)
    SELECT n.account_id, g.leaf, min(least(e.received_at, f.checked_at))
    FROM gained n
    JOIN signer g ON g.id = n.signer_id
    JOIN email_smime f ON f.account_id = n.account_id AND f.email_id = n.email_id
    JOIN email e ON e.account_id = n.account_id AND e.id = n.email_id
    WHERE signature_is_intact(n.problems, f.problems)
    GROUP BY n.account_id, g.leaf
    ON CONFLICT (account_id, fingerprint) DO UPDATE SET first_seen_at = excluded.first_seen_at
    WHERE k.first_seen_at > excluded.first_seen_at;
    RETURN NULL;
END $$;
CREATE FUNCTION account_forgets_certificates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM account_certificate k
    USING (SELECT DISTINCT o.account_id, g.leaf FROM lost o JOIN signer g ON g.id = o.signer_id) o
    WHERE k.account_id = o.account_id AND k.fingerprint = o.leaf
      AND NOT EXISTS (
          SELECT FROM signer g JOIN email_signature s ON s.signer_id = g.id
          WHERE g.leaf = o.leaf AND s.account_id = o.account_id);
    RETURN NULL;
END $$;
CREATE TRIGGER signature_gained AFTER INSERT ON email_signature REFERENCING NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION account_sees_certificates();
CREATE TRIGGER signature_lost AFTER DELETE ON email_signature REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION account_forgets_certificates();
