//! What kind of key a certificate is for (RFC 5280 §4.1.2.7), as people are told.

use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::ber::{Reader, tag};
use super::certificate::Certificate;

/// Curves by their object identifiers, with the bits of their field.
const CURVES: &[(&str, &str, u32)] = &[
    ("1.2.840.10045.3.1.1", "P-192", 192),
    ("1.3.132.0.33", "P-224", 224),
    ("1.2.840.10045.3.1.7", "P-256", 256),
    ("1.3.132.0.34", "P-384", 384),
    ("1.3.132.0.35", "P-521", 521),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

/// A public key's kind and strength.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `rsa`, `rsa-pss`, `dsa`, `ec`, `ed25519`, `ed448`, or the dotted object identifier.
    pub algorithm: String,
    /// The bits of the modulus, of the prime or of the curve's field.
    pub bits: Option<u32>,
    /// The curve of a key that is `ec`: its name, or the dotted object identifier.
    pub curve: Option<String>,
}

impl PublicKey {
    /// The key of a certificate; none if the certificate cannot be read.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(&certificate.0).ok()?;
        let key = certificate.public_key();
        let oid = key.algorithm.algorithm.to_id_string();
        let (algorithm, bits, curve) = match oid.as_str() {
            "1.2.840.113549.1.1.1" => ("rsa", modulus_bits(key), None),
            "1.2.840.113549.1.1.10" => ("rsa-pss", modulus_bits(key), None),
            "1.2.840.10040.4.1" => ("dsa", prime_bits(key), None),
            "1.2.840.10045.2.1" => {
                let curve = curve(key);
                let known = CURVES.iter().find(|(oid, ..)| curve.as_deref() == Some(*oid));
                let name = known.map(|(_, name, _)| (*name).to_owned()).or(curve);
                ("ec", known.map(|(.., bits)| *bits), name)
            }
            "1.3.101.112" => ("ed25519", Some(256), None),
            "1.3.101.113" => ("ed448", Some(456), None),
            other => (other, None, None),
        };
        Some(Self { algorithm: algorithm.to_owned(), bits, curve })
    }
}

fn curve(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    key.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string())
}

/// The length of an RSA modulus. RSASSA-PSS has the same key under another object identifier (RFC 4055 §1.2).
fn modulus_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    let mut sequence = Reader::new(&key.subject_public_key.data).expect(tag::SEQUENCE).ok()?.reader();
    integer_bits(sequence.expect(tag::INTEGER).ok()?.content)
}

/// The length of the prime p, the first of the domain parameters.
fn prime_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<u32> {
    let mut parameters = Reader::new(key.algorithm.parameters.as_ref()?.data);
    integer_bits(parameters.expect(tag::INTEGER).ok()?.content)
}

fn integer_bits(content: &[u8]) -> Option<u32> {
    let first = content.iter().position(|&octet| octet != 0)?;
    let significant = content.get(first..)?;
    let leading = significant.first()?.leading_zeros();
    u32::try_from(significant.len()).ok()?.checked_mul(8)?.checked_sub(leading)
}
