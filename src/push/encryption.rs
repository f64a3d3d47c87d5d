//! Encryption of pushes (RFC 8291) in the content coding aes128gcm (RFC 8188).

use openssl::bn::BigNumContext;
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt_aead};

use crate::store::push::SubscriptionKeys;

/// The record size that the header tells. All of a push is one record (RFC 8291 §4), and push services need not take
/// larger ones.
const RECORD_SIZE: u32 = 4096;
/// Octets of an uncompressed point of P-256.
const POINT: usize = 65;
/// Octets of the tag of AES-GCM.
const TAG: usize = 16;

/// Octets that one push can hold: a record without its delimiter and tag, and without the header that push services
/// count too (RFC 8291 §4).
pub(super) const MAX_PLAINTEXT: usize = 4096 - (16 + 4 + 1 + POINT) - 1 - TAG;

/// Whether these can be keys of a client: a point of P-256, and a secret of 16 octets (RFC 8291 §2, §3.2).
pub fn check_keys(keys: &SubscriptionKeys) -> bool {
    keys.auth.len() == 16 && keys.p256dh.len() == POINT && public_key(&keys.p256dh).is_ok()
}

/// The body of a push that only the holder of the client's private key can read, by a key and a salt of its own.
pub(super) fn encrypt(plaintext: &[u8], keys: &SubscriptionKeys) -> Result<Vec<u8>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let mut salt = [0; 16];
    openssl::rand::rand_bytes(&mut salt)?;
    encrypt_with(plaintext, keys, &EcKey::generate(&group)?, &salt)
}

/// RFC 8291 §3.4 and RFC 8188 §2.
fn encrypt_with(
    plaintext: &[u8],
    keys: &SubscriptionKeys,
    ours: &EcKey<Private>,
    salt: &[u8; 16],
) -> Result<Vec<u8>, ErrorStack> {
    let our_public = {
        let mut context = BigNumContext::new()?;
        ours.public_key().to_bytes(ours.group(), PointConversionForm::UNCOMPRESSED, &mut context)?
    };
    let ours = PKey::from_ec_key(ours.clone())?;
    let theirs = PKey::from_ec_key(public_key(&keys.p256dh)?)?;
    let mut deriver = Deriver::new(&ours)?;
    deriver.set_peer(&theirs)?;
    let shared = deriver.derive_to_vec()?;

    let info = [b"WebPush: info\0".as_slice(), &keys.p256dh, &our_public].concat();
    let input = hkdf(&keys.auth, &shared, &info, 32)?;
    let key = hkdf(salt, &input, b"Content-Encoding: aes128gcm\0", 16)?;
    let nonce = hkdf(salt, &input, b"Content-Encoding: nonce\0", 12)?;

    let mut body = salt.to_vec();
    body.extend(RECORD_SIZE.to_be_bytes());
    body.push(POINT as u8);
    body.extend(&our_public);
    // The delimiter of the last record (RFC 8188 §2), and no padding after it.
    let record = [plaintext, &[2]].concat();
    let mut tag = [0; TAG];
    body.extend(encrypt_aead(Cipher::aes_128_gcm(), &key, Some(&nonce), &[], &record, &mut tag)?);
    body.extend(tag);
    Ok(body)
}

fn public_key(point: &[u8]) -> Result<EcKey<Public>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let point = EcPoint::from_bytes(&group, point, &mut *BigNumContext::new()?)?;
    let key = EcKey::from_public_key(&group, &point)?;
    key.check_key()?;
    Ok(key)
}

/// HKDF with SHA-256 (RFC 5869), for at most 32 octets.
fn hkdf(salt: &[u8], input: &[u8], info: &[u8], length: usize) -> Result<Vec<u8>, ErrorStack> {
    let pseudorandom = hmac(salt, &[input])?;
    let mut output = hmac(&pseudorandom, &[info, &[1]])?;
    output.truncate(length);
    Ok(output)
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    for part in parts {
        signer.update(part)?;
    }
    signer.sign_to_vec()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use openssl::bn::BigNum;

    use super::*;

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn keys() -> SubscriptionKeys {
        SubscriptionKeys {
            p256dh: decode(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: decode("BTBZMqHH6r4Tts7J_aSIgg"),
        }
    }

    /// RFC 8291 §5 and Appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let private = BigNum::from_slice(&decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let public =
            decode("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let public = EcPoint::from_bytes(&group, &public, &mut BigNumContext::new().unwrap()).unwrap();
        let ours = EcKey::from_private_components(&group, &private, &public).unwrap();
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let body = encrypt_with(b"When I grow up, I want to be a watermelon", &keys(), &ours, &salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w\
             EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn each_push_has_a_key_of_its_own_and_fits_what_services_take() {
        let plaintext = [b'x'; MAX_PLAINTEXT];
        let one = encrypt(&plaintext, &keys()).unwrap();
        let other = encrypt(&plaintext, &keys()).unwrap();
        assert_ne!(one[..86], other[..86]);
        assert_eq!(one.len(), 4096);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert!(check_keys(&keys()));
        let mut off_the_curve = keys();
        off_the_curve.p256dh[64] ^= 1;
        let mut compressed = keys();
        compressed.p256dh.truncate(33);
        compressed.p256dh[0] = 2;
        let short = SubscriptionKeys { auth: vec![0; 15], ..keys() };
        let empty = SubscriptionKeys { p256dh: Vec::new(), auth: Vec::new() };
        for wrong in [off_the_curve, compressed, short, empty] {
            assert!(!check_keys(&wrong));
        }
    }
}
