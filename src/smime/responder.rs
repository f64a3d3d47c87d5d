//! Who may sign OCSP responses about an issuer's certificates (RFC 6960 §4.2.2.2): the issuer, or whom it made its
//! responder.

use chrono::{DateTime, Utc};

use super::node::Node;
use super::ocsp::{Answer, Response};
use super::primitive::key_problems;

/// keyUsage's bits (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: u16 = 0;
const NON_REPUDIATION: u16 = 1;

/// Whether the response names this certificate as its signer's, and the key made the signature.
pub(super) fn has_signed(node: &Node, response: &Response<'_>) -> bool {
    let verified = response.names(node)
        && node
            .x509()
            .and_then(|certificate| certificate.public_key().ok())
            .is_some_and(|key| response.is_signed_by(&key));
    // A failed verification leaves its story in OpenSSL's queue.
    drop(openssl::error::ErrorStack::get());
    verified
}

/// Whether a certificate says itself that it is a responder of its issuer's, and was one when the response was made and
/// at the time that the answer is about. Both are asked, so that a key whose certificate has run out cannot date back
/// one of them only. That the issuer's key signed the certificate is not looked at here.
pub(super) fn may_respond(node: &Node, response: &Response<'_>, answer: &Answer<'_>) -> bool {
    let is_valid = |at: DateTime<Utc>| node.parsed.not_before <= at && at < node.valid_until();
    node.is_responder
        && (node.may(DIGITAL_SIGNATURE) || node.may(NON_REPUDIATION))
        && is_valid(response.produced_at)
        && is_valid(answer.this_update)
        && node
            .x509()
            .and_then(|certificate| certificate.public_key().ok())
            .is_some_and(|key| key_problems(&key).is_empty())
}

/// Whether the issuer's key signed the certificate, which bears the issuer's name.
pub(super) fn is_issued_by(node: &Node, issuer: &Node) -> bool {
    let verified = node.issuer == issuer.subject
        && node.x509().zip(issuer.x509()).is_some_and(|(certificate, issuer)| {
            issuer.public_key().and_then(|key| certificate.verify(&key)).unwrap_or(false)
        });
    drop(openssl::error::ErrorStack::get());
    verified
}
