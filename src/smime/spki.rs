//! Public keys of certificates for OpenSSL's primitives (RFC 5280 §4.1.2.7).
//!
//! OpenSSL's own reader of a SubjectPublicKeyInfo asks all its decoders which of them fits, and takes some ten times as long
//! as checking an RSA signature. So the keys that mail has are put together from their parts here. Everything else,
//! and everything odd about these, is left to OpenSSL.

use openssl::bn::BigNum;
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Rsa;

use super::ber::{NotBer, Reader, tag};

/// Reads a SubjectPublicKeyInfo; none if it holds no key that OpenSSL knows.
pub(super) fn read(info: &[u8]) -> Option<PKey<Public>> {
    let key = parts_of(info).ok().and_then(|parts| parts.to_key());
    key.or_else(|| PKey::public_key_from_der(info).ok())
}

/// Algorithm, parameters and key as they stand in the structure.
struct Parts<'a> {
    algorithm: String,
    /// The curve, where the parameters are its object identifier (RFC 5480 §2.1.1).
    curve: Option<String>,
    key: &'a [u8],
}

fn parts_of(info: &[u8]) -> Result<Parts<'_>, NotBer> {
    let mut info = Reader::new(info).expect(tag::SEQUENCE)?.reader();
    let mut algorithm = info.expect(tag::SEQUENCE)?.reader();
    let oid = algorithm.oid()?;
    let curve = if algorithm.is_empty() { None } else { algorithm.next()?.as_oid().ok() };
    let key = info.expect(tag::BIT_STRING)?.content;
    // All bits of the last octet count.
    let key = key.strip_prefix(&[0]).ok_or(NotBer)?;
    if algorithm.is_empty() && info.is_empty() {
        Ok(Parts { algorithm: oid, curve, key })
    } else {
        Err(NotBer)
    }
}

impl Parts<'_> {
    fn to_key(&self) -> Option<PKey<Public>> {
        match self.algorithm.as_str() {
            "1.2.840.113549.1.1.1" => rsa(self.key),
            "1.2.840.10045.2.1" => ec(self.curve.as_deref()?, self.key),
            "1.3.101.112" => PKey::public_key_from_raw_bytes(self.key, Id::ED25519).ok(),
            "1.3.101.113" => PKey::public_key_from_raw_bytes(self.key, Id::ED448).ok(),
            _ => None,
        }
    }
}

/// RSAPublicKey (RFC 8017 appendix A.1.1).
fn rsa(key: &[u8]) -> Option<PKey<Public>> {
    let mut numbers = Reader::new(key).expect(tag::SEQUENCE).ok()?.reader();
    let modulus = positive(&mut numbers)?;
    let exponent = positive(&mut numbers)?;
    let rsa = Rsa::from_public_components(modulus, exponent).ok()?;
    PKey::from_rsa(rsa).ok()
}

fn positive(numbers: &mut Reader<'_>) -> Option<BigNum> {
    let octets = numbers.expect(tag::INTEGER).ok()?.content;
    if octets.first()? & 0x80 != 0 {
        return None;
    }
    BigNum::from_slice(octets).ok()
}

/// ECPoint (RFC 5480 §2.2), plain or compressed; that it lies on the curve is checked.
fn ec(curve: &str, key: &[u8]) -> Option<PKey<Public>> {
    let curve = match curve {
        "1.2.840.10045.3.1.7" => Nid::X9_62_PRIME256V1,
        "1.3.132.0.34" => Nid::SECP384R1,
        "1.3.132.0.35" => Nid::SECP521R1,
        _ => return None,
    };
    if !matches!(key.first(), Some(2..=4)) {
        return None;
    }
    let group = EcGroup::from_curve_name(curve).ok()?;
    let mut context = BigNumContext::new().ok()?;
    let point = EcPoint::from_bytes(&group, key, &mut context).ok()?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is put together here is what OpenSSL reads.
    #[test]
    fn keys_are_those_that_openssl_reads() {
        let curve = |nid| {
            PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
        };
        for (private, is_put_together) in [
            (PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap(), true),
            (curve(Nid::X9_62_PRIME256V1), true),
            (curve(Nid::SECP384R1), true),
            (curve(Nid::SECP521R1), true),
            (curve(Nid::BRAINPOOL_P256R1), false),
            (PKey::generate_ed25519().unwrap(), true),
            (PKey::generate_ed448().unwrap(), true),
        ] {
            let info = private.public_key_to_der().unwrap();
            let by_openssl = PKey::public_key_from_der(&info).unwrap();
            let key = read(&info).unwrap();
            assert!(key.public_eq(&by_openssl));
            assert_eq!((key.id(), key.bits()), (by_openssl.id(), by_openssl.bits()));
            assert_eq!(parts_of(&info).unwrap().to_key().is_some(), is_put_together);
            for damaged in [&info[..info.len() - 1], &[&info[..], &[0]].concat()[..], &info[..10]] {
                assert_eq!(read(damaged).is_some(), PKey::public_key_from_der(damaged).is_ok());
            }
        }
    }

    #[test]
    fn a_point_beside_the_curve_is_no_key() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let private = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut info = private.public_key_to_der().unwrap();
        *info.last_mut().unwrap() ^= 1;
        assert!(read(&info).is_none());
    }
}
