//! Certificates, CRLs and OCSP responses from files, from mail and from the network, as the tables want them.

use chrono::{DateTime, Utc};
use openssl::sha::sha256;
use x509_parser::prelude::*;

use crate::smime::{Certificate, OcspRefusal, ParsedCertificate, UnreadableCertificate, ocsp_subjects};
use crate::store::signer::CertificateRecord;
use crate::store::trust::{CrlRecord, OcspRecord};

/// Serial numbers and key identifiers that are longer than this find no certificate (RFC 5280 §4.1.2.2 allows serial
/// numbers of 20 octets).
const LONGEST_IDENTIFIER: usize = 64;

/// Bytes that are neither PEM nor DER of what they should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UnreadableMaterial {
    /// The PEM armour is broken.
    #[error("the PEM cannot be read: {0}")]
    Pem(String),
    /// There is PEM, but nothing of what was asked for in it.
    #[error("there is no {0} in it")]
    Nothing(&'static str),
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] UnreadableCertificate),
    /// A CRL cannot be read.
    #[error("the CRL cannot be read: {0}")]
    Crl(String),
    /// An OCSP response cannot be used.
    #[error("the OCSP response cannot be used: {0}")]
    Ocsp(#[from] OcspRefusal),
}

/// Every certificate of a PEM file of many, or the one of a DER file.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<Certificate>, UnreadableMaterial> {
    let ders = contents(bytes, &["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"], "certificate")?;
    ders.into_iter()
        .map(|der| {
            let certificate = Certificate(der);
            certificate.parse()?;
            Ok(certificate)
        })
        .collect()
}

/// Every CRL of a PEM file of many, or the one of a DER file.
pub fn read_crls(bytes: &[u8]) -> Result<Vec<Vec<u8>>, UnreadableMaterial> {
    let ders = contents(bytes, &["X509 CRL"], "CRL")?;
    for der in &ders {
        crl_record(der, "operator")?;
    }
    Ok(ders)
}

/// A certificate as it is stored.
pub fn certificate_record(certificate: &Certificate) -> Result<CertificateRecord, UnreadableCertificate> {
    let parsed = certificate.parse()?;
    Ok(CertificateRecord {
        fingerprint: certificate.fingerprint(),
        der: certificate.0.clone(),
        serial: Some(parsed.serial_number()).filter(|serial| serial.len() <= LONGEST_IDENTIFIER),
        subject: parsed.subject_der,
        key_identifier: parsed.subject_key_identifier.filter(|key| key.len() <= LONGEST_IDENTIFIER),
        issuer: parsed.issuer_der,
    })
}

/// A CRL as it is stored; `source` tells where it came from.
pub fn crl_record(der: &[u8], source: &str) -> Result<CrlRecord, UnreadableMaterial> {
    let unreadable = |reason: String| UnreadableMaterial::Crl(reason);
    let (rest, crl) =
        CertificateRevocationList::from_der(der).map_err(|error| unreadable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow its end".to_owned()));
    }
    let is_indirect = crl.extensions().iter().any(|extension| {
        matches!(extension.parsed_extension(), ParsedExtension::IssuingDistributionPoint(point) if point.indirect_crl)
    });
    Ok(CrlRecord {
        digest: sha256(der),
        der: der.to_vec(),
        issuer: crl.issuer().as_raw().to_vec(),
        this_update: instant(&crl.last_update()).ok_or_else(|| unreadable("thisUpdate".to_owned()))?,
        next_update: crl.next_update().as_ref().and_then(instant),
        is_indirect,
        source: source.to_owned(),
    })
}

/// An OCSP response as it is stored, with those of these certificates that it says anything about; `source` tells where
/// it came from. One that says nothing about any of them is refused.
pub fn ocsp_record(
    der: &[u8],
    certificates: &[ParsedCertificate],
    source: &str,
) -> Result<OcspRecord, UnreadableMaterial> {
    let mut subjects = ocsp_subjects(der, certificates)?;
    subjects.retain(|subject| subject.serial.len() <= LONGEST_IDENTIFIER);
    let newest = subjects.iter().max_by_key(|subject| subject.this_update);
    let (this_update, next_update) = newest
        .map(|subject| (subject.this_update, subject.next_update))
        .ok_or(UnreadableMaterial::Ocsp(OcspRefusal::AnotherCertificate))?;
    Ok(OcspRecord {
        digest: sha256(der),
        der: der.to_vec(),
        subjects,
        this_update,
        next_update,
        source: source.to_owned(),
    })
}

fn contents(bytes: &[u8], labels: &[&str], what: &'static str) -> Result<Vec<Vec<u8>>, UnreadableMaterial> {
    if !bytes.windows(10).any(|window| window == b"-----BEGIN") {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut found = Vec::new();
    for pem in Pem::iter_from_buffer(bytes) {
        let pem = pem.map_err(|error| UnreadableMaterial::Pem(error.to_string()))?;
        if labels.contains(&pem.label.as_str()) {
            found.push(pem.contents);
        }
    }
    if found.is_empty() { Err(UnreadableMaterial::Nothing(what)) } else { Ok(found) }
}

/// Times outside of what timestamptz and chrono share are no times for us.
fn instant(time: &ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
}
