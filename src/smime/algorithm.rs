//! Digest and signature algorithms by their object identifiers (RFC 8551 §2.1, §2.2; RFC 5754; RFC 8419; RFC 4055;
//! RFC 3370 §3.1; RFC 9688 for SHA-3; RFC 8702 for SHAKE).

use openssl::hash::{MessageDigest, hash, hash_xof};
use openssl::md::{Md, MdRef};
use openssl::sha;

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
    Sha3_224,
    Sha3_256,
    Sha3_384,
    Sha3_512,
    /// With an output of 256 bits (RFC 8702 §3.1).
    Shake128,
    /// With an output of 512 bits (RFC 8702 §3.1, RFC 8419 §2.3).
    Shake256,
}

impl Digest {
    /// By the object identifier alone, for algorithms whose parameters say nothing.
    pub(super) fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.5" => Self::Md5,
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            "2.16.840.1.101.3.4.2.7" => Self::Sha3_224,
            "2.16.840.1.101.3.4.2.8" => Self::Sha3_256,
            "2.16.840.1.101.3.4.2.9" => Self::Sha3_384,
            "2.16.840.1.101.3.4.2.10" => Self::Sha3_512,
            "2.16.840.1.101.3.4.2.11" => Self::Shake128,
            "2.16.840.1.101.3.4.2.12" => Self::Shake256,
            _ => return None,
        })
    }

    /// Reads the content of an AlgorithmIdentifier; the error is the object identifier of what is not supported.
    /// Parameters may be NULL or absent (RFC 5754 §2 asks receivers to take both), and nothing else.
    pub(super) fn read(mut algorithm: Reader<'_>) -> Result<Result<Self, String>, NotBer> {
        let oid = algorithm.oid()?;
        if oid == SHAKE256_LEN {
            let bits = algorithm.expect(tag::INTEGER)?;
            // 512, the one length that RFC 8419 §2.3 allows.
            return Ok(if bits.content == [2, 0] { Ok(Self::Shake256) } else { Err(oid) });
        }
        Ok(match Self::from_oid(&oid) {
            Some(digest) if Parameters::read(algorithm)?.say_nothing() => Ok(digest),
            _ => Err(oid),
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
            Self::Sha3_224 => "sha3-224",
            Self::Sha3_256 => "sha3-256",
            Self::Sha3_384 => "sha3-384",
            Self::Sha3_512 => "sha3-512",
            Self::Shake128 => "shake128",
            Self::Shake256 => "shake256",
        }
    }

    /// Collisions can be made (RFC 8551 §2.1 and appendix B keep these for history alone).
    pub(super) fn is_weak(self) -> bool {
        matches!(self, Self::Md5 | Self::Sha1)
    }

    /// How many octets a digest has.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 | Self::Shake128 => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Shake256 => 64,
        }
    }

    /// The digest of bytes; none if OpenSSL was built without the algorithm.
    pub(super) fn of(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let by = |algorithm| hash(algorithm, bytes).ok().map(|digest| digest.to_vec());
        let by_xof = |algorithm| {
            let mut digest = vec![0; self.size()];
            hash_xof(algorithm, bytes, &mut digest).ok().map(|()| digest)
        };
        match self {
            Self::Md5 => by(MessageDigest::md5()),
            // These calls need not look the algorithm up first, which takes longer than the digest of a short text.
            Self::Sha1 => Some(sha::sha1(bytes).to_vec()),
            Self::Sha224 => Some(sha::sha224(bytes).to_vec()),
            Self::Sha256 => Some(sha::sha256(bytes).to_vec()),
            Self::Sha384 => Some(sha::sha384(bytes).to_vec()),
            Self::Sha512 => Some(sha::sha512(bytes).to_vec()),
            Self::Sha3_224 => by(MessageDigest::sha3_224()),
            Self::Sha3_256 => by(MessageDigest::sha3_256()),
            Self::Sha3_384 => by(MessageDigest::sha3_384()),
            Self::Sha3_512 => by(MessageDigest::sha3_512()),
            Self::Shake128 => by_xof(MessageDigest::shake_128()),
            Self::Shake256 => by_xof(MessageDigest::shake_256()),
        }
    }

    /// The same for the calls that check a signature over a digest. None for those of any length, which these calls
    /// do not take.
    pub(super) fn md(self) -> Option<&'static MdRef> {
        Some(match self {
            Self::Md5 => Md::md5(),
            Self::Sha1 => Md::sha1(),
            Self::Sha224 => Md::sha224(),
            Self::Sha256 => Md::sha256(),
            Self::Sha384 => Md::sha384(),
            Self::Sha512 => Md::sha512(),
            Self::Sha3_224 => Md::sha3_224(),
            Self::Sha3_256 => Md::sha3_256(),
            Self::Sha3_384 => Md::sha3_384(),
            Self::Sha3_512 => Md::sha3_512(),
            Self::Shake128 | Self::Shake256 => return None,
        })
    }
}

/// id-shake256-len: the length of the output in bits is its parameter (RFC 8419 §2.3).
const SHAKE256_LEN: &str = "2.16.840.1.101.3.4.2.18";

/// The parameters of an AlgorithmIdentifier, as far as signers differ in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameters {
    Absent,
    Null,
    Other,
}

impl Parameters {
    /// What follows the object identifier.
    fn read(mut algorithm: Reader<'_>) -> Result<Self, NotBer> {
        if algorithm.is_empty() {
            return Ok(Self::Absent);
        }
        let parameters = algorithm.next()?;
        let is_null = parameters.tag == tag::NULL && parameters.content.is_empty() && algorithm.is_empty();
        Ok(if is_null { Self::Null } else { Self::Other })
    }

    fn say_nothing(self) -> bool {
        matches!(self, Self::Absent | Self::Null)
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
    Ed448,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier; the error is the object identifier of what is not supported.
    pub(super) fn read(algorithm: Reader<'_>) -> Result<Result<Self, String>, NotBer> {
        let mut algorithm = algorithm;
        let oid = algorithm.oid()?;
        let Some(scheme) = Self::from_oid(&oid) else {
            return Ok(match oid.as_str() {
                RSASSA_PSS => pss(algorithm)?.ok_or(oid),
                _ => Err(oid),
            });
        };
        let parameters = Parameters::read(algorithm)?;
        let is_sound = match scheme {
            // MUST be absent (RFC 8419 §2.4, RFC 8410 §3).
            Self::Ed25519 | Self::Ed448 => parameters == Parameters::Absent,
            // Named by its key's algorithm, whose parameters some signers repeat: a curve, or those of DSA.
            Self::Ecdsa(None) | Self::Dsa(None) => true,
            // NULL for RSA and absent for the others, and receivers take both (RFC 5754 §3.2).
            _ => parameters.say_nothing(),
        };
        Ok(if is_sound { Ok(scheme) } else { Err(oid) })
    }

    /// All but RSASSA-PSS, whose parameters matter.
    fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.1.1.1" => Self::Rsa(None),
            "1.2.840.113549.1.1.4" => Self::Rsa(Some(Digest::Md5)),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::Rsa(Some(Digest::Sha1)),
            "1.2.840.113549.1.1.14" => Self::Rsa(Some(Digest::Sha224)),
            "1.2.840.113549.1.1.11" => Self::Rsa(Some(Digest::Sha256)),
            "1.2.840.113549.1.1.12" => Self::Rsa(Some(Digest::Sha384)),
            "1.2.840.113549.1.1.13" => Self::Rsa(Some(Digest::Sha512)),
            "2.16.840.1.101.3.4.3.13" => Self::Rsa(Some(Digest::Sha3_224)),
            "2.16.840.1.101.3.4.3.14" => Self::Rsa(Some(Digest::Sha3_256)),
            "2.16.840.1.101.3.4.3.15" => Self::Rsa(Some(Digest::Sha3_384)),
            "2.16.840.1.101.3.4.3.16" => Self::Rsa(Some(Digest::Sha3_512)),
            "1.2.840.10045.2.1" => Self::Ecdsa(None),
            "1.2.840.10045.4.1" => Self::Ecdsa(Some(Digest::Sha1)),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Some(Digest::Sha224)),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Some(Digest::Sha256)),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Some(Digest::Sha384)),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Some(Digest::Sha512)),
            "2.16.840.1.101.3.4.3.9" => Self::Ecdsa(Some(Digest::Sha3_224)),
            "2.16.840.1.101.3.4.3.10" => Self::Ecdsa(Some(Digest::Sha3_256)),
            "2.16.840.1.101.3.4.3.11" => Self::Ecdsa(Some(Digest::Sha3_384)),
            "2.16.840.1.101.3.4.3.12" => Self::Ecdsa(Some(Digest::Sha3_512)),
            "1.3.6.1.5.5.7.6.32" => Self::Ecdsa(Some(Digest::Shake128)),
            "1.3.6.1.5.5.7.6.33" => Self::Ecdsa(Some(Digest::Shake256)),
            "1.2.840.10040.4.1" => Self::Dsa(None),
            "1.2.840.10040.4.3" => Self::Dsa(Some(Digest::Sha1)),
            "2.16.840.1.101.3.4.3.1" => Self::Dsa(Some(Digest::Sha224)),
            "2.16.840.1.101.3.4.3.2" => Self::Dsa(Some(Digest::Sha256)),
            "1.3.101.112" => Self::Ed25519,
            "1.3.101.113" => Self::Ed448,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa",
            Self::RsaPss(..) => "rsa-pss",
            Self::Ecdsa(_) => "ecdsa",
            Self::Dsa(_) => "dsa",
            Self::Ed25519 => "ed25519",
            Self::Ed448 => "ed448",
        }
    }

    /// The digest that is signed; none for Ed25519 and Ed448, which sign what they are given.
    pub(super) fn digest(self, of_signer_info: Digest) -> Option<Digest> {
        match self {
            Self::Rsa(digest) | Self::Ecdsa(digest) | Self::Dsa(digest) => {
                Some(digest.unwrap_or(of_signer_info))
            }
            Self::RsaPss(digest, ..) => Some(digest),
            Self::Ed25519 | Self::Ed448 => None,
        }
    }

    /// Whether a SignerInfo with this digestAlgorithm may be signed so. Content and attributes have the same digest
    /// (RFC 8933 §3, RFC 8702 §3.1): a strong one over attributes is worth nothing over a weak one of the content.
    /// EdDSA has its own (RFC 8419 §3.1, §3.2).
    pub(super) fn goes_with(self, of_signer_info: Digest) -> bool {
        match self {
            Self::Ed25519 => of_signer_info == Digest::Sha512,
            Self::Ed448 => of_signer_info == Digest::Shake256,
            // An RSA signature says its digest, and there is no saying of SHAKE in it (RFC 8702 §3.2.1 has PSS alone).
            Self::Rsa(None) => of_signer_info.md().is_some(),
            _ => self.digest(of_signer_info) == Some(of_signer_info),
        }
    }
}

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// The digest that RSASSA-PSS with these parameters, the content of their SEQUENCE, signs; none if it is not known.
pub(super) fn digest_of_pss(parameters: &[u8]) -> Option<Digest> {
    let mut element = Vec::new();
    ber::push_element(&mut element, tag::SEQUENCE, parameters);
    match pss(Reader::new(&element)) {
        Ok(Some(Scheme::RsaPss(digest, ..))) => Some(digest),
        _ => None,
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1); none when they name an algorithm that is not supported.
fn pss(mut algorithm: Reader<'_>) -> Result<Option<Scheme>, NotBer> {
    let (mut digest, mut mgf, mut salt) = (Some(Digest::Sha1), Some(Digest::Sha1), 20);
    if let Some(parameters) = algorithm.optional(tag::SEQUENCE)? {
        let mut parameters = parameters.reader();
        if let Some(hash) = parameters.optional(tag::constructed_context(0))? {
            digest = Digest::read(hash.reader().expect(tag::SEQUENCE)?.reader())?.ok();
        }
        if let Some(generator) = parameters.optional(tag::constructed_context(1))? {
            let mut generator = generator.reader().expect(tag::SEQUENCE)?.reader();
            let is_mgf1 = generator.oid()? == "1.2.840.113549.1.1.8";
            let hash = Digest::read(generator.expect(tag::SEQUENCE)?.reader())?.ok();
            mgf = hash.filter(|_| is_mgf1);
        }
        if let Some(length) = parameters.optional(tag::constructed_context(2))? {
            salt = match *length.reader().expect(tag::INTEGER)?.content {
                [low] if low < 0x80 => u16::from(low),
                [high, low] if high < 0x08 => u16::from_be_bytes([high, low]),
                _ => return Ok(None),
            };
        }
        if let Some(trailer) = parameters.optional(tag::constructed_context(3))?
            && trailer.reader().expect(tag::INTEGER)?.content != [1]
        {
            return Ok(None);
        }
    }
    // OpenSSL has no RSASSA-PSS with SHAKE.
    let digest = digest.filter(|digest| digest.md().is_some());
    let mgf = mgf.filter(|digest| digest.md().is_some());
    Ok(digest.zip(mgf).map(|(digest, mgf)| Scheme::RsaPss(digest, mgf, salt)))
}
