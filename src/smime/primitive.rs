//! Signature values against keys: the mathematics, done by OpenSSL's primitives.

use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use super::algorithm::{Digest, Scheme};
use super::ber::{NotBer, Reader, tag};
use super::problem::{Code, Problem};

/// RSA keys shorter than this are weak (RFC 8551 §4.5 asks for 2048 at least).
const SHORTEST_RSA: u32 = 2048;
/// RSA keys longer than this are refused: they cost time, and nobody has them.
const LONGEST_RSA: u32 = 16384;
/// DSA keys shorter than this are weak (RFC 8551 appendix B.2 asks no less of them than of RSA).
const SHORTEST_DSA: u32 = 2048;
/// OpenSSL computes with no longer DSA keys.
const LONGEST_DSA: u32 = 10_000;
/// The curves that are too short by now, of those that archives may have (FIPS 186-4).
const WEAK_CURVES: &[Nid] = &[Nid::X9_62_PRIME192V1, Nid::SECP224R1];
/// The curves of RFC 8551 §2.2 and those that European authorities ask for beside them (RFC 5639).
const CURVES: &[Nid] = &[
    Nid::X9_62_PRIME256V1,
    Nid::SECP384R1,
    Nid::SECP521R1,
    Nid::BRAINPOOL_P256R1,
    Nid::BRAINPOOL_P384R1,
    Nid::BRAINPOOL_P512R1,
];

/// What is wrong with the key itself.
pub(super) fn key_problems(key: &PKey<Public>) -> Vec<Problem> {
    let unsupported = |what: String| vec![Problem::new(Code::UnsupportedAlgorithm).with("algorithm", what)];
    let weak = |algorithm: &str| {
        let bits = key.bits().to_string();
        vec![Problem::new(Code::WeakKey).with("algorithm", algorithm).with("bits", bits)]
    };
    match key.id() {
        Id::RSA | Id::RSA_PSS if key.bits() > LONGEST_RSA => unsupported(format!("rsa-{}", key.bits())),
        // With an exponent of 1 a signature is what is signed, and anybody can write it (RFC 8017 §3.1).
        Id::RSA | Id::RSA_PSS if !has_sound_exponent(key) => unsupported("rsa-exponent".to_owned()),
        Id::RSA | Id::RSA_PSS if key.bits() < SHORTEST_RSA => weak("rsa"),
        Id::EC if curve_of(key).is_some_and(|curve| WEAK_CURVES.contains(&curve)) => weak("ecdsa"),
        Id::EC if !curve_of(key).is_some_and(|curve| CURVES.contains(&curve)) => {
            let name = curve_of(key).and_then(|curve| curve.short_name().ok()).unwrap_or("unnamed");
            unsupported(format!("ecdsa-{name}"))
        }
        // A key that inherits its parameters from its issuer's (RFC 3279 §2.3.2) has no length of its own.
        Id::DSA if key.bits() == 0 || key.bits() > LONGEST_DSA => unsupported(format!("dsa-{}", key.bits())),
        Id::DSA if key.bits() < SHORTEST_DSA => weak("dsa"),
        Id::RSA | Id::RSA_PSS | Id::EC | Id::DSA | Id::ED25519 | Id::ED448 => Vec::new(),
        other => {
            let name = Nid::from_raw(other.as_raw()).short_name().unwrap_or("unknown");
            unsupported(name.to_lowercase())
        }
    }
}

/// Whether a signature value over a digest was made by the holder of the key.
pub(super) fn fits(
    key: &PKey<Public>,
    scheme: Scheme,
    algorithm: Digest,
    signature: &[u8],
    digest: &[u8],
) -> bool {
    checked(key, scheme, algorithm, signature, digest).unwrap_or(false)
}

fn checked(
    key: &PKey<Public>,
    scheme: Scheme,
    algorithm: Digest,
    signature: &[u8],
    digest: &[u8],
) -> Result<bool, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    match (scheme, key.id(), algorithm.md()) {
        (Scheme::Rsa(_), Id::RSA, Some(md)) => {
            context.verify_init()?;
            context.set_rsa_padding(Padding::PKCS1)?;
            context.set_signature_md(md)?;
        }
        (Scheme::RsaPss(_, mgf, salt), Id::RSA | Id::RSA_PSS, Some(md)) => {
            let Some(mgf) = mgf.md() else { return Ok(false) };
            context.verify_init()?;
            context.set_rsa_padding(Padding::PKCS1_PSS)?;
            context.set_signature_md(md)?;
            context.set_rsa_mgf1_md(mgf)?;
            context.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::from(salt)))?;
        }
        (Scheme::Ecdsa(_), Id::EC, _) | (Scheme::Dsa(_), Id::DSA, Some(_)) => {
            context.verify_init()?;
            // Without one, the digest is taken as it comes, at whatever length: so with SHAKE (RFC 8702 §3.2.2).
            if let Some(md) = algorithm.md() {
                context.set_signature_md(md)?;
            }
        }
        _ => return Ok(false),
    }
    context.verify(digest, signature)
}

/// Whether an Ed25519 or Ed448 signature over these bytes was made by the holder of the key (RFC 8419 §3). OpenSSL's
/// own CMS calls refuse the algorithms; the primitive does not.
pub(super) fn eddsa_fits(key: &PKey<Public>, scheme: Scheme, signature: &[u8], bytes: &[u8]) -> bool {
    matches!((scheme, key.id()), (Scheme::Ed25519, Id::ED25519) | (Scheme::Ed448, Id::ED448))
        && Verifier::new_without_digest(key)
            .and_then(|mut verifier| verifier.verify_oneshot(signature, bytes))
            .unwrap_or(false)
}

/// Whether an RSA PKCS #1 v1.5 signature was made by the holder of the key, over some digest of this algorithm.
pub(super) fn is_of_another_digest(
    key: &PKey<Public>,
    scheme: Scheme,
    algorithm: Digest,
    signature: &[u8],
) -> bool {
    if !matches!(scheme, Scheme::Rsa(_)) {
        return false;
    }
    let Ok(rsa) = key.rsa() else { return false };
    let mut plain = vec![0; rsa.size() as usize];
    let Ok(length) = rsa.public_decrypt(signature, &mut plain, Padding::PKCS1) else { return false };
    digest_info(plain.get(..length).unwrap_or_default()).is_ok_and(|(oid, digest)| {
        Digest::from_oid(&oid) == Some(algorithm) && digest.len() == algorithm.size()
    })
}

/// DigestInfo (RFC 8017 §9.2).
fn digest_info(bytes: &[u8]) -> Result<(String, Vec<u8>), NotBer> {
    let mut info = Reader::new(bytes).expect(tag::SEQUENCE)?.reader();
    let algorithm = info.expect(tag::SEQUENCE)?.reader().oid()?;
    Ok((algorithm, info.octet_string()?))
}

/// Odd, greater than 1, and no longer than 64 bits, beyond which nobody's is and checking a signature takes long.
pub(super) fn has_sound_exponent(key: &PKey<Public>) -> bool {
    key.rsa().is_ok_and(|rsa| {
        let exponent = rsa.e();
        exponent.is_bit_set(0) && (2..=64).contains(&exponent.num_bits())
    })
}

fn curve_of(key: &PKey<Public>) -> Option<Nid> {
    key.ec_key().ok()?.group().curve_name()
}
