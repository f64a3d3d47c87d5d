-- Which certificates an OCSP response speaks about. CertID tells hashes of the issuer's name by algorithms of the
-- responder's choice (RFC 6960 §4.1.1), so that whoever stores a response says whom it means.
CREATE TABLE ocsp_certificate (
    -- SHA-256 of the DER of the issuer's name, which has no bound.
    issuer_digest bytea   NOT NULL,
    -- Without leading zero octets, as certificates have it.
    serial        bytea   NOT NULL,
    digest        bytea   NOT NULL REFERENCES revocation_evidence (digest) ON DELETE CASCADE,
    is_revoked    boolean NOT NULL,
    PRIMARY KEY (issuer_digest, serial, digest)
);
CREATE INDEX ocsp_certificate_digest ON ocsp_certificate (digest);

-- When an evaluation first believed it: a CRL or a response whose signature it checked, a certificate on a path to a
-- trust anchor. Of what strangers mail, what was proved comes before what never was.
ALTER TABLE revocation_evidence ADD COLUMN proved_at timestamptz;
ALTER TABLE certificate ADD COLUMN proved_at timestamptz;

-- The evidence by which a certificate on a path of a signer was revoked, from the earliest date that was told. Issuers
-- drop expired certificates from their lists; this stays at hand for the deliveries of that time.
CREATE TABLE signer_revocation (
    signer_id    bigint      NOT NULL REFERENCES signer (id) ON DELETE CASCADE,
    certificate  bytea       NOT NULL,
    digest       bytea       NOT NULL REFERENCES revocation_evidence (digest) ON DELETE CASCADE,
    revoked_from timestamptz NOT NULL,
    PRIMARY KEY (signer_id, certificate)
);
CREATE INDEX signer_revocation_digest ON signer_revocation (digest);
