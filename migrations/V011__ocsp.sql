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
