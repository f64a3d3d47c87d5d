//! Digest and signature algorithms by their object identifiers (RFC 8551 §2.1, §2.2; RFC 5754; RFC 8419; RFC 4055;
//! RFC 3370 §3.1).

use openssl::hash::MessageDigest;
use openssl::md::{Md, MdRef};

use super::ber::{self, NotBer, Reader, tag};

/// A digest algorithm that can be computed; whether it may be relied upon is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.5" => Self::Md5,
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Collisions can be made (RFC 8551 §2.1 and appendix B keep these for history alone).
    pub(super) fn is_weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }

    pub(super) fn message_digest(self) -> MessageDigest {
        match self {
            Self::Md5 => MessageDigest::md5(),
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// The same for the calls that check a signature over a digest.
    pub(super) fn md(self) -> &'static MdRef {
        match self {
            Self::Md5 => Md::md5(),
            Self::Sha1 => Md::sha1(),
            Self::Sha224 => Md::sha224(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
        }
    }
}

/// How a signature value is to be checked. The digest is none where the digestAlgorithm of the SignerInfo says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Option<Digest>),
    /// RSASSA-PSS: digest, digest of MGF1, salt length.
    RsaPss(Digest, Digest, u16),
    Ecdsa(Option<Digest>),
    /// Historic (RFC 8551 appendix B.2), and verified so that archives can be told intact from altered. What such
    /// mail has in practice, SHA-1 or a key under 2048 bits, keeps it from being verified by today's measure.
    Dsa(Option<Digest>),
    Ed25519,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier; the error is the object identifier of what is not supported.
    pub(super) fn read(algorithm: Reader<'_>) -> Result<Result<Self, String>, NotBer> {
        let mut algorithm = algorithm;
        let oid = algorithm.oid()?;
        Ok(Ok(match oid.as_str() {
            "1.2.840.113549.1.1.1" => Self::Rsa(None),
            "1.2.840.113549.1.1.4" => Self::Rsa(Some(Digest::Md5)),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::Rsa(Some(Digest::Sha1)),
            "1.2.840.113549.1.1.14" => Self::Rsa(Some(Digest::Sha224)),
            "1.2.840.113549.1.1.11" => Self::Rsa(Some(Digest::Sha256)),
            "1.2.840.113549.1.1.12" => Self::Rsa(Some(Digest::Sha384)),
            "1.2.840.113549.1.1.13" => Self::Rsa(Some(Digest::Sha512)),
            "1.2.840.113549.1.1.10" => match pss(algorithm)? {
                Some(scheme) => scheme,
                None => return Ok(Err(oid)),
            },
            "1.2.840.10045.2.1" => Self::Ecdsa(None),
            "1.2.840.10045.4.1" => Self::Ecdsa(Some(Digest::Sha1)),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Some(Digest::Sha224)),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Some(Digest::Sha256)),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Some(Digest::Sha384)),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Some(Digest::Sha512)),
            "1.2.840.10040.4.1" => Self::Dsa(None),
            "1.2.840.10040.4.3" => Self::Dsa(Some(Digest::Sha1)),
            "2.16.840.1.101.3.4.3.1" => Self::Dsa(Some(Digest::Sha224)),
            "2.16.840.1.101.3.4.3.2" => Self::Dsa(Some(Digest::Sha256)),
            "1.3.101.112" => Self::Ed25519,
            _ => return Ok(Err(oid)),
        }))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::RsaPss(..) => "rsa-pss",
            Self::Ecdsa(_) => "ecdsa",
            Self::Dsa(_) => "dsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The digest that is signed; none for Ed25519, which signs what it is given.
    pub(super) fn digest(self, of_signer_info: Digest) -> Option<Digest> {
        match self {
            Self::Rsa(digest) | Self::Ecdsa(digest) | Self::Dsa(digest) => {
                Some(digest.unwrap_or(of_signer_info))
            }
            Self::RsaPss(digest, ..) => Some(digest),
            Self::Ed25519 => None,
        }
    }
}

/// Whether RSASSA-PSS with these parameters, the content of their SEQUENCE, has a digest that can be forged or is not
/// known.
pub(super) fn is_weak_pss(parameters: &[u8]) -> bool {
    let mut element = Vec::new();
    ber::push_element(&mut element, tag::SEQUENCE, parameters);
    !matches!(pss(Reader::new(&element)), Ok(Some(Scheme::RsaPss(digest, ..))) if !digest.is_weak())
}

/// RSASSA-PSS-params (RFC 4055 §3.1); none when they name an algorithm that is not supported.
fn pss(mut algorithm: Reader<'_>) -> Result<Option<Scheme>, NotBer> {
    let (mut digest, mut mgf, mut salt) = (Some(Digest::Sha1), Some(Digest::Sha1), 20);
    if let Some(parameters) = algorithm.optional(tag::SEQUENCE)? {
        let mut parameters = parameters.reader();
        if let Some(hash) = parameters.optional(tag::constructed_context(0))? {
            digest = Digest::from_oid(&hash.reader().expect(tag::SEQUENCE)?.reader().oid()?);
        }
        if let Some(generator) = parameters.optional(tag::constructed_context(1))? {
            let mut generator = generator.reader().expect(tag::SEQUENCE)?.reader();
            let is_mgf1 = generator.oid()? == "1.2.840.113549.1.1.8";
            let hash = Digest::from_oid(&generator.expect(tag::SEQUENCE)?.reader().oid()?);
            mgf = hash.filter(|_| is_mgf1);
        }
        if let Some(length) = parameters.optional(tag::constructed_context(2))? {
            salt = match *length.reader().expect(tag::INTEGER)?.content {
                [low] if low < 0x80 => u16::from(low),
                [high, low] if high < 0x08 => u16::from_be_bytes([high, low]),
                _ => return Ok(None),
            };
        }
    }
    Ok(digest.zip(mgf).map(|(digest, mgf)| Scheme::RsaPss(digest, mgf, salt)))
}
