//! Judging what came: content is what it says by its signature, whatever the server says of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::material::{certificate_record, crl_record, ocsp_record, read_certificates, read_crls};
use crate::smime::{
    Certificate, CrlRefusal, OcspRefusal, ParsedCertificate, crl_speaks_for, ocsp_answers,
    published_certificates,
};
use crate::store::signer::CertificateRecord;
use crate::store::trust::{CrlRecord, OcspRecord};

/// The clocks of authorities differ by this much from ours.
const DIFFERENCE_OF_CLOCKS: TimeDelta = TimeDelta::minutes(5);
/// Certificates that one source gives.
const MOST_CERTIFICATES: usize = 16;

/// Why content is not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejected {
    /// A short code.
    pub(super) code: &'static str,
    /// What it means.
    pub(super) detail: String,
}

fn rejected(code: &'static str, detail: impl ToString) -> Rejected {
    Rejected { code, detail: detail.to_string() }
}

/// The CRL that bytes in DER or PEM are, with its issuer's name for [`believe_crl`].
pub(super) fn read_crl(bytes: &[u8], url: &str, now: DateTime<Utc>) -> Result<CrlRecord, Rejected> {
    let unreadable = |error: &dyn std::fmt::Display| rejected("unreadable", error);
    let ders = read_crls(bytes).map_err(|error| unreadable(&error))?;
    let [der] = <[Vec<u8>; 1]>::try_from(ders).map_err(|_| unreadable(&"these are several CRLs"))?;
    let record = crl_record(&der, url).map_err(|error| unreadable(&error))?;
    if record.this_update > now + DIFFERENCE_OF_CLOCKS {
        return Err(rejected("future", "the CRL is from the future"));
    }
    Ok(record)
}

/// Whether a CRL is signed by one of these certificates, which may sign it.
pub(super) fn believe_crl(record: &CrlRecord, issuers: &[Certificate]) -> Result<(), Rejected> {
    match crl_speaks_for(&record.der, issuers) {
        Ok(_) => Ok(()),
        Err(refusal @ CrlRefusal::Unreadable) => Err(rejected("unreadable", refusal)),
        Err(refusal @ CrlRefusal::WrongSigner) => Err(rejected("wrong-signer", refusal)),
    }
}

/// The response that bytes are, if it answers what was asked, and the certificate that it speaks about. A nonce was not
/// sent: responders make their responses in advance and leave it out (RFC 5019 §2.1.1 forbids it), so that its absence
/// would have to be allowed, and whoever can replay a response can leave it out as well.
pub(super) fn read_response(
    bytes: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    url: &str,
    now: DateTime<Utc>,
) -> Result<(OcspRecord, ParsedCertificate), Rejected> {
    match ocsp_answers(bytes, certificate, issuer, None, now) {
        Ok(_) => {
            let parsed = certificate.parse().map_err(|error| rejected("unreadable", error))?;
            let record = ocsp_record(bytes, std::slice::from_ref(&parsed), url);
            Ok((record.map_err(|error| rejected("unreadable", error))?, parsed))
        }
        Err(refusal) => {
            let code = match refusal {
                OcspRefusal::Unreadable => "unreadable",
                OcspRefusal::Unsuccessful(_) => "responder",
                OcspRefusal::AnotherCertificate | OcspRefusal::AnotherNonce => "another-answer",
                OcspRefusal::UnknownCertificate | OcspRefusal::Forgotten => "unknown",
                OcspRefusal::OutOfDate => "out-of-date",
                OcspRefusal::FromTheFuture => "future",
                OcspRefusal::WrongSigner => "wrong-signer",
            };
            Err(rejected(code, refusal))
        }
    }
}

/// Certificates of authorities in DER, in PEM, or in a certs-only CMS message (RFC 5280 §4.2.2.1). Like those that
/// come with mail they are worth nothing by themselves: an evaluation may find a path through them.
pub(super) fn read_issuers(bytes: &[u8]) -> Result<Vec<CertificateRecord>, Rejected> {
    let found = match read_certificates(bytes) {
        Ok(found) => found,
        Err(error) => published_certificates(bytes).ok_or_else(|| rejected("unreadable", error))?,
    };
    let authorities = found
        .iter()
        .take(MOST_CERTIFICATES)
        .filter(|certificate| certificate.parse().is_ok_and(|parsed| parsed.is_ca));
    let records: Vec<CertificateRecord> =
        authorities.filter_map(|certificate| certificate_record(certificate).ok()).collect();
    if records.is_empty() {
        return Err(rejected("unreadable", "there is no certificate of an authority in it"));
    }
    Ok(records)
}
