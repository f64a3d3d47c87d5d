//! OCSP responses, and what they say about certificates (RFC 6960 §4.2).
//!
//! A response that is read is not yet believed: who may sign it is the business of `responder`. It is DER, or it is
//! refused; what it may hold is bounded.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use openssl::pkey::{PKeyRef, Public};
use openssl::sha::sha1;
use x509_parser::prelude::{FromDer as _, X509Name};

use super::algorithm::{Digest, Scheme};
use super::ber::{Element, NotBer, Reader, tag};
use super::certificate::ParsedCertificate;
use super::crl::Entry;
use super::ffi;
use super::matching::name_key;
use super::node::Node;

/// Larger responses are refused: one about one certificate has some two thousand octets.
pub(super) const LARGEST: usize = 256 << 10;
/// A response about more certificates than this is refused.
const MOST_CERTIFICATES_SPOKEN_OF: usize = 128;
/// How many of the certificates that come with a response are looked at.
const MOST_CERTIFICATES_BROUGHT: usize = 8;
/// More extensions than this in one place are refused.
const MOST_EXTENSIONS: usize = 16;
/// How long a response without nextUpdate is good for. It says that newer information is to be had at any time (RFC
/// 6960 §4.2.2.1), so it is worth as much as a verdict that is not looked at again: a day.
const LIFE_WITHOUT_NEXT_UPDATE: Duration = Duration::hours(24);

const BASIC_RESPONSE: &str = "1.3.6.1.5.5.7.48.1.1";
const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
const CRL_REFERENCE: &str = "1.3.6.1.5.5.7.48.1.3";
const ARCHIVE_CUTOFF: &str = "1.3.6.1.5.5.7.48.1.6";
const EXTENDED_REVOKE: &str = "1.3.6.1.5.5.7.48.1.9";
const REASON_CODE: &str = "2.5.29.21";
const INVALIDITY_DATE: &str = "2.5.29.24";

/// Why a response says nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Useless {
    /// No DER, no OCSP response, too large, or with a critical extension that is not understood.
    Unreadable,
    /// The responder answered with an error: the number of its OCSPResponseStatus (RFC 6960 §4.2.1).
    Unsuccessful(u8),
}

impl From<NotBer> for Useless {
    fn from(_: NotBer) -> Self {
        Self::Unreadable
    }
}

/// A BasicOCSPResponse (RFC 6960 §4.2.1).
#[derive(Debug)]
pub(super) struct Response<'a> {
    /// DER of the ResponseData, of the AlgorithmIdentifier and of the BIT STRING.
    signed: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    responder: Responder<'a>,
    pub(super) produced_at: DateTime<Utc>,
    pub(super) answers: Vec<Answer<'a>>,
    /// The octets of the nonce, if there is one (RFC 9654 §2.1).
    pub(super) nonce: Option<&'a [u8]>,
    /// DER of the certificates that came with it.
    pub(super) certificates: Vec<&'a [u8]>,
}

/// ResponderID: how a response names who signed it.
#[derive(Debug)]
enum Responder<'a> {
    /// The key of its name.
    Name(String),
    /// SHA-1 of the octets of its public key.
    Key(&'a [u8]),
}

/// A SingleResponse.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    digest: Option<Digest>,
    issuer_name: &'a [u8],
    issuer_key: &'a [u8],
    /// The content octets of the serial number.
    pub(super) serial: &'a [u8],
    pub(super) status: Status,
    pub(super) this_update: DateTime<Utc>,
    pub(super) next_update: DateTime<Utc>,
    /// What expired before it, the responder no longer knows (RFC 6960 §4.4.4).
    archive_cutoff: Option<DateTime<Utc>>,
}

/// CertStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Good,
    Revoked(Entry),
    Unknown,
}

impl<'a> Response<'a> {
    /// Reads an OCSPResponse.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Useless> {
        if der.len() > LARGEST {
            return Err(Useless::Unreadable);
        }
        let mut response = only_der(der)?.reader();
        match *response.expect(tag::ENUMERATED)?.content {
            [0] => {}
            [status] => return Err(Useless::Unsuccessful(status)),
            _ => return Err(Useless::Unreadable),
        }
        let bytes = response.expect(tag::constructed_context(0))?;
        let mut bytes = only(bytes, tag::SEQUENCE)?.reader();
        let response_type = bytes.oid()?;
        let basic = bytes.expect(tag::OCTET_STRING)?;
        if response_type != BASIC_RESPONSE || !bytes.is_empty() || !response.is_empty() {
            return Err(Useless::Unreadable);
        }
        Self::read_basic(only_der(basic.content)?).map_err(Useless::from)
    }

    fn read_basic(basic: Element<'a>) -> Result<Self, NotBer> {
        let mut basic = basic.reader();
        let signed = basic.expect(tag::SEQUENCE)?;
        let algorithm = basic.expect(tag::SEQUENCE)?.raw;
        let signature = basic.expect(tag::BIT_STRING)?.raw;
        let certificates = match basic.optional(tag::constructed_context(0))? {
            Some(certificates) => certificates_in(only(certificates, tag::SEQUENCE)?)?,
            None => Vec::new(),
        };
        let mut data = signed.reader();
        if let Some(version) = data.optional(tag::constructed_context(0))?
            && only(version, tag::INTEGER)?.content != [0]
        {
            return Err(NotBer);
        }
        let mut response = Self {
            signed: signed.raw,
            algorithm,
            signature,
            responder: Responder::read(data.next()?)?,
            produced_at: time(data.expect(tag::GENERALIZED_TIME)?)?,
            answers: answers_in(data.expect(tag::SEQUENCE)?)?,
            nonce: None,
            certificates,
        };
        for extension in extensions_in(data.optional(tag::constructed_context(1))?)? {
            match extension.oid.as_str() {
                NONCE => response.nonce = Some(only_octets(extension.value)?),
                EXTENDED_REVOKE => {}
                _ if extension.is_critical => return Err(NotBer),
                _ => {}
            }
        }
        if data.is_empty() && basic.is_empty() { Ok(response) } else { Err(NotBer) }
    }

    /// Whether it names this certificate as that of its signer (RFC 6960 §4.2.2.3).
    pub(super) fn names(&self, node: &Node) -> bool {
        match &self.responder {
            Responder::Name(name) => *name == node.subject,
            Responder::Key(digest) => node.key_octets().is_some_and(|key| sha1(key) == *digest),
        }
    }

    /// The key of the name by which it names its signer, if it does.
    pub(super) fn responder_name(&self) -> Option<&str> {
        match &self.responder {
            Responder::Name(name) => Some(name),
            Responder::Key(_) => None,
        }
    }

    /// Whether the signature verifies with this key. One by way of MD5 or SHA-1 does not count: whoever asks can have
    /// a nonce of his own choice signed, which is what forging a response by a collision takes.
    pub(super) fn is_signed_by(&self, key: &PKeyRef<Public>) -> bool {
        has_sound_digest(self.algorithm)
            && ffi::verify_signed(self.signed, self.algorithm, self.signature, key).unwrap_or(false)
    }
}

impl<'a> Responder<'a> {
    fn read(element: Element<'a>) -> Result<Self, NotBer> {
        if element.tag == tag::constructed_context(1) {
            let name = only(element, tag::SEQUENCE)?;
            let (_, name) = X509Name::from_der(name.raw).map_err(|_| NotBer)?;
            Ok(Self::Name(name_key(&name)))
        } else if element.tag == tag::constructed_context(2) {
            Ok(Self::Key(only(element, tag::OCTET_STRING)?.content))
        } else {
            Err(NotBer)
        }
    }
}

impl<'a> Answer<'a> {
    fn read(answer: Element<'a>) -> Result<Self, NotBer> {
        let mut fields = answer.reader();
        let mut id = fields.expect(tag::SEQUENCE)?.reader();
        let digest = Digest::from_oid(&id.expect(tag::SEQUENCE)?.reader().oid()?);
        let issuer_name = id.expect(tag::OCTET_STRING)?.content;
        let issuer_key = id.expect(tag::OCTET_STRING)?.content;
        let serial = id.expect(tag::INTEGER)?.content;
        let status = fields.next()?;
        let this_update = time(fields.expect(tag::GENERALIZED_TIME)?)?;
        let next_update = match fields.optional(tag::constructed_context(0))? {
            Some(explicit) => time(only(explicit, tag::GENERALIZED_TIME)?)?,
            None => this_update + LIFE_WITHOUT_NEXT_UPDATE,
        };
        let (mut archive_cutoff, mut reason, mut invalid_from) = (None, None, None);
        let mut is_understood = true;
        for extension in extensions_in(fields.optional(tag::constructed_context(1))?)? {
            let mut value = Reader::new(extension.value);
            match extension.oid.as_str() {
                ARCHIVE_CUTOFF => archive_cutoff = Some(time(value.expect(tag::GENERALIZED_TIME)?)?),
                REASON_CODE => reason = value.expect(tag::ENUMERATED)?.content.first().copied(),
                INVALIDITY_DATE => invalid_from = Some(time(value.expect(tag::GENERALIZED_TIME)?)?),
                CRL_REFERENCE => {}
                _ => is_understood &= !extension.is_critical,
            }
        }
        if !id.is_empty() || !fields.is_empty() {
            return Err(NotBer);
        }
        let status = Status::read(status, reason, invalid_from)?;
        Ok(Self {
            digest,
            issuer_name,
            issuer_key,
            serial,
            status: if is_understood { status } else { Status::Unknown },
            this_update,
            next_update,
            archive_cutoff,
        })
    }

    /// Whether the issuer's name and the serial number are this certificate's; whose key issued it is another question.
    pub(super) fn may_mean(&self, certificate: &ParsedCertificate) -> bool {
        hex::decode(&certificate.serial).is_ok_and(|serial| serial == self.serial)
            && self.is_digest_of(&certificate.issuer_der, self.issuer_name)
    }

    /// Whether it speaks about this certificate of this issuer: CertID (RFC 6960 §4.1.1).
    pub(super) fn means(&self, certificate: &ParsedCertificate, issuer: &Node) -> bool {
        self.may_mean(certificate)
            && issuer.key_octets().is_some_and(|key| self.is_digest_of(key, self.issuer_key))
    }

    /// Whether it says anything about a certificate that is valid until then. Responders forget what has expired, and
    /// then call everything good; one that does not says from when on it remembers (RFC 6960 §4.4.4).
    pub(super) fn remembers(&self, valid_until: DateTime<Utc>) -> bool {
        self.status != Status::Good
            || self.this_update < valid_until
            || self.archive_cutoff.is_some_and(|cutoff| cutoff < valid_until)
    }

    fn is_digest_of(&self, bytes: &[u8], digest: &[u8]) -> bool {
        self.digest
            .filter(|algorithm| *algorithm != Digest::Md5)
            .and_then(|algorithm| algorithm.of(bytes))
            .is_some_and(|computed| computed == digest)
    }
}

impl Status {
    fn read(
        status: Element<'_>,
        reason: Option<u8>,
        invalid_from: Option<DateTime<Utc>>,
    ) -> Result<Self, NotBer> {
        const GOOD: u8 = tag::context(0);
        const REVOKED: u8 = tag::constructed_context(1);
        const UNKNOWN: u8 = tag::context(2);
        match (status.tag, status.content) {
            (GOOD, []) => Ok(Self::Good),
            (UNKNOWN, []) => Ok(Self::Unknown),
            (REVOKED, _) => {
                let mut info = status.reader();
                let revoked_at = time(info.expect(tag::GENERALIZED_TIME)?)?;
                let told = match info.optional(tag::constructed_context(0))? {
                    Some(explicit) => only(explicit, tag::ENUMERATED)?.content.first().copied(),
                    None => reason,
                };
                Ok(Self::Revoked(Entry::new(revoked_at, told.unwrap_or(0), invalid_from)))
            }
            _ => Err(NotBer),
        }
    }
}

fn answers_in(list: Element<'_>) -> Result<Vec<Answer<'_>>, NotBer> {
    let mut list = list.reader();
    let mut answers = Vec::new();
    while !list.is_empty() {
        if answers.len() == MOST_CERTIFICATES_SPOKEN_OF {
            return Err(NotBer);
        }
        answers.push(Answer::read(list.expect(tag::SEQUENCE)?)?);
    }
    Ok(answers)
}

fn certificates_in(list: Element<'_>) -> Result<Vec<&[u8]>, NotBer> {
    let mut list = list.reader();
    let mut certificates = Vec::new();
    while !list.is_empty() && certificates.len() < MOST_CERTIFICATES_BROUGHT {
        certificates.push(list.expect(tag::SEQUENCE)?.raw);
    }
    Ok(certificates)
}

/// Extension (RFC 5280 §4.1).
struct Extension<'a> {
    oid: String,
    is_critical: bool,
    value: &'a [u8],
}

fn extensions_in(explicit: Option<Element<'_>>) -> Result<Vec<Extension<'_>>, NotBer> {
    let Some(explicit) = explicit else { return Ok(Vec::new()) };
    let mut list = only(explicit, tag::SEQUENCE)?.reader();
    let mut extensions = Vec::new();
    while !list.is_empty() {
        if extensions.len() == MOST_EXTENSIONS {
            return Err(NotBer);
        }
        let mut fields = list.expect(tag::SEQUENCE)?.reader();
        let oid = fields.oid()?;
        let is_critical = fields.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
        extensions.push(Extension { oid, is_critical, value: fields.expect(tag::OCTET_STRING)?.content });
    }
    Ok(extensions)
}

/// The element that these bytes are, if they are DER: definite and shortest lengths, whole strings, nothing behind.
fn only_der(bytes: &[u8]) -> Result<Element<'_>, NotBer> {
    let mut reader = Reader::new(bytes);
    let element = reader.expect(tag::SEQUENCE)?;
    if reader.is_empty() && element.to_der()? == bytes { Ok(element) } else { Err(NotBer) }
}

/// The one element inside another.
fn only(outer: Element<'_>, tag: u8) -> Result<Element<'_>, NotBer> {
    let mut reader = outer.reader();
    let element = reader.expect(tag)?;
    if reader.is_empty() { Ok(element) } else { Err(NotBer) }
}

fn only_octets(bytes: &[u8]) -> Result<&[u8], NotBer> {
    Reader::new(bytes).expect(tag::OCTET_STRING).map(|element| element.content)
}

/// GeneralizedTime in the one form of RFC 5280 §4.1.2.5.2.
fn time(element: Element<'_>) -> Result<DateTime<Utc>, NotBer> {
    let text = std::str::from_utf8(element.content).map_err(|_| NotBer)?;
    let is_plain = text.len() == 15 && text.bytes().take(14).all(|byte| byte.is_ascii_digit());
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%SZ").map_err(|_| NotBer)?;
    if is_plain { Ok(time.and_utc()) } else { Err(NotBer) }
}

/// Whether the AlgorithmIdentifier is known, and its digest is none that collides.
fn has_sound_digest(algorithm: &[u8]) -> bool {
    let Ok(identifier) = Reader::new(algorithm).expect(tag::SEQUENCE) else { return false };
    match Scheme::read(identifier.reader()) {
        Ok(Ok(Scheme::Ed25519)) => true,
        Ok(Ok(
            Scheme::Rsa(Some(digest))
            | Scheme::RsaPss(digest, ..)
            | Scheme::Ecdsa(Some(digest))
            | Scheme::Dsa(Some(digest)),
        )) => !digest.is_weak(),
        _ => false,
    }
}
