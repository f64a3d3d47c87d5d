//! Certificates that somebody publishes together: a certs-only CMS message (RFC 5280 §4.2.2.1).

use super::certificate::Certificate;
use super::cms::SignedData;

/// The certificates in SignedData in BER or DER, whoever signed it; none if it cannot be read.
pub fn published_certificates(bytes: &[u8]) -> Option<Vec<Certificate>> {
    let data = SignedData::parse(bytes).ok()?;
    Some(data.certificates.into_iter().map(Certificate).collect())
}
