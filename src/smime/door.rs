//! Asking for evidence, and a first look at what comes back: whether it is worth keeping. Whether it is believed, each
//! evaluation decides anew.

use chrono::{DateTime, Duration, Utc};
use openssl::sha::sha1;

use super::ber::{push_element, tag};
use super::certificate::{Certificate, ParsedCertificate, UnreadableCertificate};
use super::crl::Crl;
use super::node::Node;
use super::ocsp::{Response, Status, Useless};
use super::responder::{has_signed, is_issued_by, may_respond};

/// keyUsage's bit cRLSign.
const CRL_SIGN: u16 = 6;
/// The clocks of servers differ by this much: what says that it is so much younger than now is kept, though not
/// believed until its time has come.
const DIFFERENCE_OF_CLOCKS: Duration = Duration::minutes(5);
/// id-sha1 (RFC 3370 §2.1) and id-pkix-ocsp-nonce (RFC 6960 §4.4.1), the content octets.
const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
const NONCE: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

/// From when to when evidence says that it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcspAnswer {
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate; for a response without, a day after thisUpdate.
    pub next_update: DateTime<Utc>,
}

/// Why an OCSP response is not worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcspRefusal {
    /// It cannot be read, is larger than anybody needs, or has a critical extension that is not understood.
    #[error("this is no OCSP response that can be read")]
    Unreadable,
    /// The responder answered with an error (RFC 6960 §4.2.1).
    #[error("the responder answers {0}")]
    Unsuccessful(&'static str),
    /// The answer is about others.
    #[error("the response is about another certificate")]
    AnotherCertificate,
    /// The responder does not know the certificate (RFC 6960 §2.2).
    #[error("the responder does not know the certificate")]
    UnknownCertificate,
    /// The responder calls good what has expired, and does not say that it would still know (RFC 6960 §4.4.4).
    #[error("the responder does not say whether it still knows about certificates that have expired")]
    Forgotten,
    /// nextUpdate is past.
    #[error("the response is out of date")]
    OutOfDate,
    /// thisUpdate is to come.
    #[error("the response is from the future")]
    FromTheFuture,
    /// It answers another request.
    #[error("the response has another nonce than the request")]
    AnotherNonce,
    /// It is not signed by the issuer, nor by a responder of the issuer's.
    #[error("the response is not signed by anybody who may")]
    WrongSigner,
}

/// From when to when a CRL says that it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlAnswer {
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: DateTime<Utc>,
}

/// Why a CRL is not worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlRefusal {
    /// It cannot be read, lacks nextUpdate, or has a critical extension that is not understood.
    #[error("this is no CRL that can be used")]
    Unreadable,
    /// None of the certificates has its issuer's name, may sign it and has signed it.
    #[error("the CRL is not signed by its issuer")]
    WrongSigner,
}

/// The OCSPRequest about one certificate (RFC 6960 §4.1.1), with a nonce of 1 to 128 octets if there is one (RFC 9654
/// §2.1). CertID is by way of SHA-1, which every responder knows; the signature does not rest on it.
pub fn ocsp_request(
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8]>,
) -> Result<Vec<u8>, UnreadableCertificate> {
    let parsed = certificate.parse()?;
    let issuer = node(issuer)?;
    let key = issuer.key_octets().ok_or_else(|| UnreadableCertificate::new("its key"))?;
    let serial = hex::decode(&parsed.serial).map_err(|_| UnreadableCertificate::new("its serial number"))?;
    let algorithm = sequence(&[&element(tag::OID, SHA1), &element(tag::NULL, &[])]);
    let id = sequence(&[
        &algorithm,
        &element(tag::OCTET_STRING, &sha1(&parsed.issuer_der)),
        &element(tag::OCTET_STRING, &sha1(key)),
        &element(tag::INTEGER, &serial),
    ]);
    let list = sequence(&[&sequence(&[&id])]);
    let extensions = nonce.map(|nonce| {
        let value = element(tag::OCTET_STRING, &element(tag::OCTET_STRING, nonce));
        let extension = sequence(&[&element(tag::OID, NONCE), &value]);
        element(tag::constructed_context(2), &sequence(&[&extension]))
    });
    Ok(sequence(&[&sequence(&[&list, &extensions.unwrap_or_default()])]))
}

/// Whether a response that was asked for is worth keeping (RFC 6960 §3.2). Good and revoked are; a nonce that is missing
/// does no harm, since responders that answer many make their responses in advance (RFC 9654 §2.1), another one does.
/// The signer's key is the issuer's or a responder's whose certificate came along, whatever its own path is worth.
pub fn ocsp_answers(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    nonce: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<OcspAnswer, OcspRefusal> {
    let response = Response::read(response)?;
    let parsed = certificate.parse().map_err(|_| OcspRefusal::AnotherCertificate)?;
    let issuer = node(issuer).map_err(|_| OcspRefusal::AnotherCertificate)?;
    if nonce.zip(response.nonce).is_some_and(|(sent, came)| sent != came) {
        return Err(OcspRefusal::AnotherNonce);
    }
    let answer = response
        .answers
        .iter()
        .filter(|answer| answer.means(&parsed, &issuer))
        .max_by_key(|answer| answer.this_update)
        .ok_or(OcspRefusal::AnotherCertificate)?;
    if answer.status == Status::Unknown {
        return Err(OcspRefusal::UnknownCertificate);
    }
    if !answer.remembers(valid_until(&parsed)) {
        return Err(OcspRefusal::Forgotten);
    }
    if answer.next_update <= now {
        return Err(OcspRefusal::OutOfDate);
    }
    if answer.this_update > now + DIFFERENCE_OF_CLOCKS {
        return Err(OcspRefusal::FromTheFuture);
    }
    let is_signed = has_signed(&issuer, &response)
        || response.certificates.iter().any(|der| {
            node(&Certificate(der.to_vec())).is_ok_and(|responder| {
                may_respond(&responder, &response, answer)
                    && has_signed(&responder, &response)
                    && is_issued_by(&responder, &issuer)
            })
        });
    if !is_signed {
        return Err(OcspRefusal::WrongSigner);
    }
    Ok(OcspAnswer { this_update: answer.this_update, next_update: answer.next_update })
}

/// A certificate that an OCSP response speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspSubject {
    /// DER of the issuer's name.
    pub issuer: Vec<u8>,
    /// The serial number without leading zero octets.
    pub serial: Vec<u8>,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate; for a response without, a day after thisUpdate.
    pub next_update: DateTime<Utc>,
    /// Whether it says that the certificate is revoked.
    pub is_revoked: bool,
}

/// Which of these certificates a response says anything about, by their issuers' names and their serial numbers. Nothing
/// is checked: whether the issuer is the one that is meant, and who signed the response, each evaluation asks.
pub fn ocsp_subjects(
    response: &[u8],
    certificates: &[ParsedCertificate],
) -> Result<Vec<OcspSubject>, OcspRefusal> {
    let response = Response::read(response)?;
    let mut subjects: Vec<OcspSubject> = Vec::new();
    for answer in response.answers.iter().filter(|answer| answer.status != Status::Unknown) {
        let serial = hex::encode(answer.serial);
        let meant = certificates.iter().find(|certificate| {
            certificate.serial == serial
                && answer.may_mean(certificate)
                && answer.remembers(valid_until(certificate))
        });
        if let Some(certificate) = meant {
            subjects.push(OcspSubject {
                issuer: certificate.issuer_der.clone(),
                serial: certificate.serial_number(),
                this_update: answer.this_update,
                next_update: answer.next_update,
                is_revoked: matches!(answer.status, Status::Revoked(_)),
            });
        }
    }
    if subjects.is_empty() { Err(OcspRefusal::AnotherCertificate) } else { Ok(subjects) }
}

/// Whether a CRL is signed by one of these certificates, which has the name of the CRL's issuer and may sign CRLs (RFC
/// 5280 §6.3.3 (f)); and how long it is good for.
pub fn crl_speaks_for(crl: &[u8], issuers: &[Certificate]) -> Result<CrlAnswer, CrlRefusal> {
    let crl = Crl::read(crl).ok_or(CrlRefusal::Unreadable)?;
    let is_signed = issuers.iter().filter_map(|issuer| node(issuer).ok()).any(|issuer| {
        issuer.subject == crl.issuer
            && issuer.may(CRL_SIGN)
            && issuer
                .x509()
                .and_then(|certificate| certificate.public_key().ok())
                .is_some_and(|key| crl.is_signed_by(&key))
    });
    drop(openssl::error::ErrorStack::get());
    if !is_signed {
        return Err(CrlRefusal::WrongSigner);
    }
    Ok(CrlAnswer { this_update: crl.this_update, next_update: crl.next_update })
}

impl From<Useless> for OcspRefusal {
    fn from(useless: Useless) -> Self {
        match useless {
            Useless::Unreadable => Self::Unreadable,
            Useless::Unsuccessful(status) => Self::Unsuccessful(match status {
                1 => "malformedRequest",
                2 => "internalError",
                3 => "tryLater",
                5 => "sigRequired",
                6 => "unauthorized",
                _ => "an unknown error",
            }),
        }
    }
}

/// notAfter is included (RFC 5280 §4.1.2.5).
fn valid_until(certificate: &ParsedCertificate) -> DateTime<Utc> {
    certificate.not_after + Duration::seconds(1)
}

fn node(certificate: &Certificate) -> Result<Node, UnreadableCertificate> {
    Node::read(certificate, false).ok_or_else(|| UnreadableCertificate::new("its structure"))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = Vec::with_capacity(content.len() + 4);
    push_element(&mut der, tag, content);
    der
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}
