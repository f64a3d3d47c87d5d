//! Certificates by their DER, and what people and path building need to read from them (RFC 5280 §4).

use chrono::{DateTime, Utc};
use openssl::sha::sha256;
use openssl::x509::X509Name;
use x509_parser::oid_registry::asn1_rs::{Any, FromDer as _, Tag};
use x509_parser::prelude::{ASN1Time, GeneralName, ParsedExtension, X509Certificate};

use super::name;

/// id-on-SmtpUTF8Mailbox (RFC 8398 §3).
pub(super) const SMTP_UTF8_MAILBOX: &str = "1.3.6.1.5.5.7.8.9";
/// emailAddress of PKCS #9 (RFC 2985 §5.2.1).
pub(super) const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";
/// How many addresses of one certificate are read.
const MOST_ADDRESSES: usize = 256;
/// DER of a name that is longer than this equals itself alone.
const LONGEST_NAME: usize = 4096;

/// A certificate by its DER.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Certificate(pub Vec<u8>);

/// The fields of a certificate that a person is told and that path building compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedCertificate {
    /// The subject in the manner of RFC 4514, most specific attribute first.
    pub subject: String,
    /// The issuer, likewise.
    pub issuer: String,
    /// DER of the subject's name.
    pub subject_der: Vec<u8>,
    /// DER of the issuer's name.
    pub issuer_der: Vec<u8>,
    /// The serial number's content octets as lower-case hexadecimal digits.
    pub serial: String,
    /// From when it is valid.
    pub not_before: DateTime<Utc>,
    /// Until when it is valid, this second included (RFC 5280 §4.1.2.5).
    pub not_after: DateTime<Utc>,
    /// The e-mail addresses in the order of the certificate: rfc822Name, SmtpUTF8Mailbox, then emailAddress of the
    /// subject; each once. As they stand there, A-labels and case included.
    pub addresses: Vec<String>,
    /// cA of the basic constraints.
    pub is_ca: bool,
    /// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
    pub subject_key_identifier: Option<Vec<u8>>,
    /// keyIdentifier of authorityKeyIdentifier (RFC 5280 §4.2.1.1).
    pub authority_key_identifier: Option<Vec<u8>>,
    /// DER of the SubjectPublicKeyInfo.
    pub(super) public_key: Vec<u8>,
}

/// The DER is no certificate.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the certificate cannot be read: {0}")]
pub struct UnreadableCertificate(String);

impl UnreadableCertificate {
    /// `what` cannot be read.
    pub(super) fn new(what: &str) -> Self {
        Self(what.to_owned())
    }
}

impl Certificate {
    /// Reads the fields. Extensions that cannot be read count as absent here; path validation judges them.
    pub fn parse(&self) -> Result<ParsedCertificate, UnreadableCertificate> {
        let (rest, certificate) =
            X509Certificate::from_der(&self.0).map_err(|error| UnreadableCertificate(error.to_string()))?;
        if !rest.is_empty() {
            return Err(UnreadableCertificate("bytes follow its end".to_owned()));
        }
        let validity = certificate.validity();
        let mut parsed = ParsedCertificate {
            subject: name::text(certificate.subject()),
            issuer: name::text(certificate.issuer()),
            subject_der: certificate.subject().as_raw().to_vec(),
            issuer_der: certificate.issuer().as_raw().to_vec(),
            serial: hex::encode(certificate.raw_serial()),
            not_before: date(&validity.not_before)?,
            not_after: date(&validity.not_after)?,
            addresses: Vec::new(),
            is_ca: false,
            subject_key_identifier: None,
            authority_key_identifier: None,
            public_key: certificate.public_key().raw.to_vec(),
        };
        for extension in certificate.extensions() {
            parsed.read_extension(extension.parsed_extension());
        }
        for attribute in certificate.subject().iter_attributes() {
            if attribute.attr_type().to_id_string() == EMAIL_ADDRESS
                && let Some(address) = name::value(attribute)
            {
                parsed.push_address(address);
            }
        }
        Ok(parsed)
    }

    /// SHA-256 of the DER: the name under which a certificate is stored.
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl ParsedCertificate {
    /// The serial number without leading zero octets, as certificates are looked up.
    pub fn serial_number(&self) -> Vec<u8> {
        hex::decode(&self.serial).map(|serial| significant(&serial).to_vec()).unwrap_or_default()
    }

    /// Whether it names itself as its issuer (RFC 5280 §6.1 calls it self-issued).
    pub fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    fn read_extension(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::BasicConstraints(constraints) => self.is_ca = constraints.ca,
            ParsedExtension::SubjectKeyIdentifier(key) => {
                self.subject_key_identifier = Some(key.0.to_vec());
            }
            ParsedExtension::AuthorityKeyIdentifier(authority) => {
                self.authority_key_identifier = authority.key_identifier.as_ref().map(|key| key.0.to_vec());
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                for name in &names.general_names {
                    match name {
                        GeneralName::RFC822Name(address) => self.push_address((*address).to_owned()),
                        GeneralName::OtherName(oid, value) if oid.to_id_string() == SMTP_UTF8_MAILBOX => {
                            if let Some(address) = smtp_utf8_mailbox(value) {
                                self.push_address(address);
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn push_address(&mut self, address: String) {
        if self.addresses.len() < MOST_ADDRESSES && !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
    }
}

/// The value of an otherName is `[0] EXPLICIT UTF8String` here (RFC 8398 §3).
pub(super) fn smtp_utf8_mailbox(value: &[u8]) -> Option<String> {
    let (_, explicit) = Any::from_der(value).ok()?;
    let (_, mailbox) = Any::from_der(explicit.data).ok()?;
    if mailbox.tag() != Tag::Utf8String {
        return None;
    }
    std::str::from_utf8(mailbox.data).ok().map(str::to_owned)
}

fn date(time: &ASN1Time) -> Result<DateTime<Utc>, UnreadableCertificate> {
    DateTime::from_timestamp(time.timestamp(), 0)
        .ok_or_else(|| UnreadableCertificate("its validity lies outside the calendar".to_owned()))
}

/// A serial number without leading zero octets: DER has one before a high bit, and some encoders add more.
pub fn significant(serial: &[u8]) -> &[u8] {
    let first = serial.iter().position(|&octet| octet != 0).unwrap_or(serial.len());
    serial.get(first..).unwrap_or_default()
}

/// Whether two names, given by their DER, are one: they may differ in string types, case and inner spaces
/// (RFC 5280 §7.1). Names that are longer than anybody's must be the same to the byte, since reading them costs time.
pub(super) fn same_name(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    if one.len().max(other.len()) > LONGEST_NAME {
        return false;
    }
    let names = X509Name::from_der(one).and_then(|one| Ok((one, X509Name::from_der(other)?)));
    names.is_ok_and(|(one, other)| one.try_cmp(&other).is_ok_and(|ordering| ordering.is_eq()))
}
