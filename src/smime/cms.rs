//! The Cryptographic Message Syntax as mail carries it (RFC 5652): what kind it is, and the parts of SignedData.
//! Nothing is checked here but the structure.

use std::io::Read;

use super::algorithm::{Digest, Scheme};
use super::ber::{self, Element, NotBer, Reader, tag};
use super::certificate::{ParsedCertificate, same_name, significant};
use super::ocsp;

/// The largest CMS object that is read, content included.
const LARGEST: usize = 64 << 20;
/// The largest content that compressed-data may unfold to.
const LARGEST_UNCOMPRESSED: u64 = 64 << 20;
/// How many SignerInfos one message may have.
const MOST_SIGNERS: usize = 16;
/// How many certificates of one message are looked at.
const MOST_CERTIFICATES: usize = 1024;
/// Certificates in a message that are larger are left out: what is stored of one sender is read for others.
const LARGEST_CERTIFICATE: usize = 256 << 10;
/// How many CRLs of one message are kept.
const MOST_CRLS: usize = 64;
/// CRLs in a message that are larger are left out. The operator's may be.
const LARGEST_CRL: usize = 1 << 20;

/// How many OCSP responses of one message are kept: one for each certificate of a long path, and some.
const MOST_RESPONSES: usize = 16;
/// id-ri-ocsp-response (RFC 5940).
const OCSP_RESPONSE: &str = "1.3.6.1.5.5.7.16.2";

/// The kinds of CMS that S/MIME uses (RFC 8551 §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// signed-data, certs-only included.
    Signed,
    /// enveloped-data, auth-enveloped-data, encrypted-data.
    Encrypted,
    /// compressed-data.
    Compressed,
    /// Anything else.
    Other,
}

/// The kind, even of an object that is cut off; none when this is no CMS at all.
pub(super) fn kind_of(bytes: &[u8]) -> Option<Kind> {
    Some(match ber::content_type_of(bytes)?.as_str() {
        "1.2.840.113549.1.7.2" => Kind::Signed,
        "1.2.840.113549.1.7.3" | "1.2.840.113549.1.7.6" | "1.2.840.113549.1.9.16.1.23" => Kind::Encrypted,
        "1.2.840.113549.1.9.16.1.9" => Kind::Compressed,
        _ => Kind::Other,
    })
}

/// Why a CMS object cannot be used. The text is the `reason` of malformed-signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// No BER, cut off, or not the structure of RFC 5652.
    Structure,
    /// Larger than this server reads.
    TooLarge,
    /// More SignerInfos than this server checks.
    TooManySigners,
}

impl Malformed {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::TooLarge => "too-large",
            Self::TooManySigners => "too-many-signers",
        }
    }
}

impl From<NotBer> for Malformed {
    fn from(_: NotBer) -> Self {
        Self::Structure
    }
}

/// SignedData (RFC 5652 §5.1).
#[derive(Debug)]
pub(super) struct SignedData {
    /// eContentType.
    pub(super) content_type: String,
    /// eContent; none where the content stands elsewhere.
    pub(super) content: Option<Vec<u8>>,
    /// DER of the certificates, in their order.
    pub(super) certificates: Vec<Vec<u8>>,
    /// DER of the CRLs, in their order.
    pub(super) crls: Vec<Vec<u8>>,
    /// DER of the OCSP responses, in their order.
    pub(super) ocsp: Vec<Vec<u8>>,
    /// signerInfos, in their order.
    pub(super) signer_infos: Vec<SignerInfo>,
}

/// SignerInfo (RFC 5652 §5.3).
#[derive(Debug)]
pub(super) struct SignerInfo {
    pub(super) id: SignerIdentifier,
    /// The digest, or the object identifier of one that is not supported.
    pub(super) digest: Result<Digest, String>,
    /// The scheme, or the object identifier of one that is not supported.
    pub(super) scheme: Result<Scheme, String>,
    pub(super) attributes: Option<Attributes>,
    pub(super) signature: Vec<u8>,
}

/// How a SignerInfo names the signer's certificate (RFC 5652 §5.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SignerIdentifier {
    /// DER of the issuer's name, content octets of the serial number.
    IssuerAndSerialNumber(Vec<u8>, Vec<u8>),
    /// The value of the certificate's subjectKeyIdentifier.
    SubjectKeyIdentifier(Vec<u8>),
}

/// The signed attributes (RFC 5652 §5.3, §11).
#[derive(Debug)]
pub(super) struct Attributes {
    /// What the signature value may cover: the attributes as they stand, and as DER would have them (§5.4).
    pub(super) signed: Vec<Vec<u8>>,
    /// Each attribute: type, and its values one after the other.
    values: Vec<(String, Vec<u8>)>,
}

impl SignedData {
    /// Reads a ContentInfo that holds SignedData, in BER or DER. What follows it is ignored, as OpenSSL does.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut data = content_of(bytes)?.expect(tag::SEQUENCE)?.reader();
        data.expect(tag::INTEGER)?;
        data.expect(tag::SET)?;
        let (content_type, content) = encapsulated_content(data.expect(tag::SEQUENCE)?)?;
        let certificates = data.optional(tag::constructed_context(0))?;
        let crls = data.optional(tag::constructed_context(1))?;
        let signer_infos = data.expect(tag::SET)?;
        Ok(Self {
            content_type,
            content,
            certificates: sequences_in(certificates, MOST_CERTIFICATES, LARGEST_CERTIFICATE)?,
            crls: sequences_in(crls, MOST_CRLS, LARGEST_CRL)?,
            ocsp: responses_in(crls)?,
            signer_infos: signer_infos_in(signer_infos)?,
        })
    }
}

/// Unfolds compressed-data (RFC 3274 §1.1), but not beyond a bound.
pub(super) fn uncompress(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut data = content_of(bytes)?.expect(tag::SEQUENCE)?.reader();
    data.expect(tag::INTEGER)?;
    data.expect(tag::SEQUENCE)?;
    let (_, content) = encapsulated_content(data.expect(tag::SEQUENCE)?)?;
    let compressed = content.ok_or(Malformed::Structure)?;
    let mut plain = Vec::new();
    flate2::read::ZlibDecoder::new(compressed.as_slice())
        .take(LARGEST_UNCOMPRESSED + 1)
        .read_to_end(&mut plain)
        .map_err(|_| Malformed::Structure)?;
    if plain.len() as u64 > LARGEST_UNCOMPRESSED { Err(Malformed::TooLarge) } else { Ok(plain) }
}

/// ContentInfo (RFC 5652 §3).
fn content_of(bytes: &[u8]) -> Result<Reader<'_>, Malformed> {
    if bytes.len() > LARGEST {
        return Err(Malformed::TooLarge);
    }
    let mut info = Reader::new(bytes).expect(tag::SEQUENCE)?.reader();
    info.oid()?;
    Ok(info.expect(tag::constructed_context(0))?.reader())
}

/// EncapsulatedContentInfo (RFC 5652 §5.2).
fn encapsulated_content(info: Element<'_>) -> Result<(String, Option<Vec<u8>>), NotBer> {
    let mut info = info.reader();
    let content_type = info.oid()?;
    let content = match info.optional(tag::constructed_context(0))? {
        Some(explicit) => Some(explicit.reader().octet_string()?),
        None => None,
    };
    Ok((content_type, content))
}

/// The SEQUENCEs of a set, which are the certificates and CRLs of X.509; the other choices of RFC 5652 §10.2.2 are not,
/// and neither are those of §10.2.1 but for OCSP responses.
fn sequences_in(set: Option<Element<'_>>, most: usize, largest: usize) -> Result<Vec<Vec<u8>>, NotBer> {
    let mut found = Vec::new();
    let Some(set) = set else { return Ok(found) };
    let mut set = set.reader();
    while !set.is_empty() && found.len() < most {
        let element = set.next()?;
        if element.tag == tag::SEQUENCE && element.raw.len() <= largest {
            found.push(if element.is_definite { element.raw.to_vec() } else { element.to_der()? });
        }
    }
    Ok(found)
}

/// The OCSP responses among the RevocationInfoChoices, whose format is named (RFC 5940; RFC 5652 §10.2.1). Other formats
/// are left out, whatever they are.
fn responses_in(set: Option<Element<'_>>) -> Result<Vec<Vec<u8>>, NotBer> {
    let mut found = Vec::new();
    let Some(set) = set else { return Ok(found) };
    let mut set = set.reader();
    while !set.is_empty() && found.len() < MOST_RESPONSES {
        let other = set.next()?;
        if other.tag == tag::constructed_context(1)
            && let Ok(response) = response_in(other)
        {
            found.push(response);
        }
    }
    Ok(found)
}

fn response_in(other: Element<'_>) -> Result<Vec<u8>, NotBer> {
    let mut other = other.reader();
    if other.oid()? != OCSP_RESPONSE {
        return Err(NotBer);
    }
    let response = other.expect(tag::SEQUENCE)?;
    if response.raw.len() > ocsp::LARGEST {
        return Err(NotBer);
    }
    if response.is_definite { Ok(response.raw.to_vec()) } else { response.to_der() }
}

fn signer_infos_in(set: Element<'_>) -> Result<Vec<SignerInfo>, Malformed> {
    let mut set = set.reader();
    let mut found = Vec::new();
    while !set.is_empty() {
        if found.len() == MOST_SIGNERS {
            return Err(Malformed::TooManySigners);
        }
        found.push(SignerInfo::read(set.expect(tag::SEQUENCE)?)?);
    }
    Ok(found)
}

impl SignerInfo {
    fn read(info: Element<'_>) -> Result<Self, NotBer> {
        let mut info = info.reader();
        info.expect(tag::INTEGER)?;
        let id = SignerIdentifier::read(&mut info)?;
        let digest = Digest::read(info.expect(tag::SEQUENCE)?.reader())?;
        let attributes = match info.optional(tag::constructed_context(0))? {
            Some(attributes) => Some(Attributes::read(attributes)?),
            None => None,
        };
        let scheme = Scheme::read(info.expect(tag::SEQUENCE)?.reader())?;
        Ok(Self { id, digest, scheme, attributes, signature: info.octet_string()? })
    }
}

impl SignerIdentifier {
    /// Whether this means the certificate with these fields.
    pub fn means(&self, certificate: &ParsedCertificate) -> bool {
        match self {
            Self::IssuerAndSerialNumber(issuer, serial) => {
                certificate.serial_number() == significant(serial)
                    && same_name(issuer, &certificate.issuer_der)
            }
            Self::SubjectKeyIdentifier(identifier) => {
                certificate.subject_key_identifier.as_ref() == Some(identifier)
            }
        }
    }

    fn read(info: &mut Reader<'_>) -> Result<Self, NotBer> {
        let element = info.next()?;
        if tag::primitive(element.tag) == tag::context(0) {
            return element.octets().map(Self::SubjectKeyIdentifier);
        }
        if element.tag != tag::SEQUENCE {
            return Err(NotBer);
        }
        let mut pair = element.reader();
        let issuer = pair.expect(tag::SEQUENCE)?.to_der()?;
        let serial = pair.expect(tag::INTEGER)?.content.to_vec();
        Ok(Self::IssuerAndSerialNumber(issuer, serial))
    }
}

impl Attributes {
    fn read(element: Element<'_>) -> Result<Self, NotBer> {
        let mut attributes = element.reader();
        let (mut values, mut encodings) = (Vec::new(), Vec::new());
        while !attributes.is_empty() {
            let attribute = attributes.expect(tag::SEQUENCE)?;
            encodings.push(attribute.to_der()?);
            let mut attribute = attribute.reader();
            values.push((attribute.oid()?, attribute.expect(tag::SET)?.content.to_vec()));
        }
        // The signature covers the DER of a SET OF (§5.4). Most signers send it so; some send BER, and sort it for
        // the signature alone.
        let mut as_it_stands = Vec::new();
        ber::push_element(&mut as_it_stands, tag::SET, element.content);
        encodings.sort();
        let mut as_der = Vec::new();
        ber::push_element(&mut as_der, tag::SET, &encodings.concat());
        let mut signed = vec![as_it_stands];
        if signed.first() != Some(&as_der) {
            signed.push(as_der);
        }
        Ok(Self { signed, values })
    }

    /// Whether these bytes could be signed attributes of their own, whatever their values are.
    pub(super) fn are_in(bytes: &[u8]) -> bool {
        let first = Reader::new(bytes).expect(tag::SET).and_then(|set| set.reader().expect(tag::SEQUENCE));
        first.is_ok_and(|attribute| attribute.reader().oid().is_ok())
    }

    /// The one value of the attribute of this type: no value if it is absent, an error if it is there twice or has
    /// not exactly one value (RFC 5652 §11 asks that of each that matters here).
    pub(super) fn single(&self, oid: &str) -> Result<Option<Element<'_>>, NotBer> {
        let mut found = self.values.iter().filter(|(attribute, _)| attribute == oid);
        let Some((_, values)) = found.next() else { return Ok(None) };
        let mut values = Reader::new(values);
        let value = values.next()?;
        if values.is_empty() && found.next().is_none() { Ok(Some(value)) } else { Err(NotBer) }
    }
}

/// The first ESSCertID or ESSCertIDv2 of a signingCertificate attribute (RFC 5035 §3, §4): the digest algorithm, which
/// has a default, and the digest of the signer's certificate.
pub(super) fn first_certificate_id(
    value: Element<'_>,
    default_algorithm: &str,
) -> Result<(String, Vec<u8>), NotBer> {
    let mut certificates = value.reader().expect(tag::SEQUENCE)?.reader();
    let mut id = certificates.expect(tag::SEQUENCE)?.reader();
    let algorithm = match id.optional(tag::SEQUENCE)? {
        Some(algorithm) => algorithm.reader().oid()?,
        None => default_algorithm.to_owned(),
    };
    Ok((algorithm, id.octet_string()?))
}

/// Whether a CMSAlgorithmProtection attribute names the algorithms of the SignerInfo (RFC 6211 §2).
pub(super) fn protects(value: Element<'_>, info: &SignerInfo) -> Result<bool, NotBer> {
    let mut algorithms = value.reader();
    let digest = Digest::read(algorithms.expect(tag::SEQUENCE)?.reader())?;
    let scheme = Scheme::read(algorithms.expect(tag::constructed_context(1))?.reader())?;
    Ok(digest == info.digest && scheme == info.scheme)
}

/// Whether SignedData has any SignerInfo: certs-only messages have none (RFC 8551 §3.8).
pub(super) fn has_signers(bytes: &[u8]) -> Result<bool, Malformed> {
    let mut data = content_of(bytes)?.expect(tag::SEQUENCE)?.reader();
    data.expect(tag::INTEGER)?;
    data.expect(tag::SET)?;
    data.expect(tag::SEQUENCE)?;
    data.optional(tag::constructed_context(0))?;
    data.optional(tag::constructed_context(1))?;
    Ok(!data.expect(tag::SET)?.content.is_empty())
}
