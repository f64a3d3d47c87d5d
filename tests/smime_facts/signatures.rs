//! SignerInfos: intact, altered, forged, weak, of any algorithm, of any certificate.

use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::RsaPrivateKeyBuilder;
use openssl::sha::{sha1, sha256};

use super::{ANNA, FROM_ANNA, ROOT, clear_signed, codes, facts, opaque_signed, parameter};
use crate::support::der;
use crate::support::mail::{
    ENTITY, Signature, SignedData, header, multipart_signed, single_part, with_line_feeds,
};
use crate::support::pki::{Identity, KeyType, at, authority, key, person};

fn anna_with(key_type: KeyType) -> Identity {
    person("Anna Example", key_type, &["anna@example.org"]).issued_by(&ROOT)
}

pub fn clear(data: &SignedData) -> Vec<u8> {
    multipart_signed(&header(FROM_ANNA), ENTITY, &data.der())
}

fn signed_by(signature: &Signature<'_>) -> Vec<u8> {
    clear(&SignedData::detached(signature, ENTITY.as_bytes()))
}

pub fn altered(raw: &[u8]) -> Vec<u8> {
    String::from_utf8(raw.to_vec()).unwrap().replace("at ten", "at six").into_bytes()
}

/// The same SignedData with the last byte of the first signature value changed.
pub fn forged(mut data: SignedData) -> SignedData {
    *data.signer_infos[0].last_mut().unwrap() ^= 1;
    data
}

#[test]
fn every_algorithm_verifies_with_and_without_attributes_in_der_and_ber() {
    for (key_type, digest, name) in [
        (KeyType::Rsa, MessageDigest::sha256(), "rsa"),
        (KeyType::Rsa, MessageDigest::sha512(), "rsa"),
        (KeyType::P256, MessageDigest::sha256(), "ecdsa"),
        (KeyType::P384, MessageDigest::sha384(), "ecdsa"),
        (KeyType::P521, MessageDigest::sha512(), "ecdsa"),
        (KeyType::Ed25519, MessageDigest::sha512(), "ed25519"),
    ] {
        let signer = anna_with(key_type);
        for with_attributes in [true, false] {
            let signature = Signature { digest, with_attributes, ..Signature::by(&signer) };
            let detached = SignedData::detached(&signature, ENTITY.as_bytes());
            let enclosing = SignedData::enclosing(&signature, ENTITY.as_bytes());
            for raw in [
                multipart_signed(&header(FROM_ANNA), ENTITY, &detached.der()),
                multipart_signed(&header(FROM_ANNA), ENTITY, &detached.ber()),
                single_part(&header(FROM_ANNA), "application/pkcs7-mime", &enclosing.der()),
                single_part(&header(FROM_ANNA), "application/pkcs7-mime", &enclosing.ber()),
            ] {
                assert_eq!(codes(&raw), [""; 0], "{key_type:?} {with_attributes}");
                assert_eq!(facts(&raw).signers[0].algorithm, name);
                assert!(facts(&raw).signers[0].is_sender);
                if raw.windows(6).any(|six| six == b"at ten") {
                    assert_eq!(codes(&with_line_feeds(&raw)), [""; 0]);
                }
            }
        }
    }
}

#[test]
fn rsassa_pss_verifies() {
    let signer = anna_with(KeyType::Rsa);
    let raw = signed_by(&Signature { is_pss: true, ..Signature::by(&signer) });
    assert_eq!((codes(&raw), facts(&raw).signers[0].algorithm.as_str()), (vec![], "rsa-pss"));
    let raw = clear(&forged(SignedData::detached(
        &Signature { is_pss: true, ..Signature::by(&signer) },
        ENTITY.as_bytes(),
    )));
    assert_eq!(codes(&raw), ["signature-invalid"]);
}

#[test]
fn altered_and_forged_are_told_apart() {
    for key_type in [KeyType::Rsa, KeyType::P256, KeyType::Ed25519] {
        let signer = anna_with(key_type);
        let digest =
            if key_type == KeyType::Ed25519 { MessageDigest::sha512() } else { MessageDigest::sha256() };
        let signature = Signature { digest, ..Signature::by(&signer) };
        let data = SignedData::detached(&signature, ENTITY.as_bytes());
        assert_eq!(codes(&altered(&clear(&data))), ["content-altered"], "{key_type:?}");
        assert_eq!(codes(&clear(&forged(data.clone()))), ["signature-invalid"], "{key_type:?}");
        assert_eq!(codes(&altered(&clear(&forged(data)))), ["content-altered", "signature-invalid"]);
    }
}

#[test]
fn without_attributes_rsa_alone_tells_what_was_altered() {
    for (key_type, code) in [(KeyType::Rsa, "content-altered"), (KeyType::P256, "signature-invalid")] {
        let signer = anna_with(key_type);
        let raw = signed_by(&Signature { with_attributes: false, ..Signature::by(&signer) });
        assert_eq!(codes(&altered(&raw)), [code]);
    }
    let signer = anna_with(KeyType::Rsa);
    let signature = Signature { with_attributes: false, ..Signature::by(&signer) };
    let raw = clear(&forged(SignedData::detached(&signature, ENTITY.as_bytes())));
    assert_eq!(codes(&raw), ["signature-invalid"]);
}

#[test]
fn attributes_passed_off_as_content_are_refused() {
    let signature = Signature::by(&ANNA);
    let info = signature.over(ENTITY.as_bytes());
    let attributes_at = info.windows(2).position(|pair| pair[0] == 0xA0).unwrap();
    let length = usize::from(info[attributes_at + 1]);
    let mut content = info[attributes_at..attributes_at + 2 + length].to_vec();
    content[0] = 0x31;
    let without = Signature { with_attributes: false, ..Signature::by(&ANNA) };
    let data = SignedData::enclosing(&without, &content);
    let raw = single_part(&header(FROM_ANNA), "application/pkcs7-mime", &data.der());
    assert_eq!(
        (codes(&raw), parameter(&raw, "reason")),
        (vec!["malformed-signature"], "attributes".to_owned())
    );
}

#[test]
fn weak_digests_are_named_though_the_signature_is_intact() {
    let signer = anna_with(KeyType::Rsa);
    for (digest, name) in [(MessageDigest::md5(), "md5"), (MessageDigest::sha1(), "sha1")] {
        let raw = signed_by(&Signature { digest, ..Signature::by(&signer) });
        assert_eq!((codes(&raw), parameter(&raw, "algorithm")), (vec!["weak-digest"], name.to_owned()));
        assert_eq!(facts(&raw).signers[0].digest, name);
    }
}

#[test]
fn dsa_of_archives_is_verified_and_weak_by_todays_measure() {
    let signer = anna_with(KeyType::Dsa);
    let raw = signed_by(&Signature::by(&signer));
    assert_eq!((codes(&raw), parameter(&raw, "algorithm")), (vec!["weak-key"], "dsa".to_owned()));
    assert_eq!(facts(&raw).signers[0].algorithm, "dsa");
    let raw = signed_by(&Signature { digest: MessageDigest::sha1(), ..Signature::by(&signer) });
    assert_eq!(codes(&raw), ["weak-digest", "weak-key"]);
    let data = SignedData::detached(&Signature::by(&signer), ENTITY.as_bytes());
    assert_eq!(codes(&altered(&clear(&data))), ["content-altered", "weak-key"]);
    assert_eq!(codes(&clear(&forged(data))), ["weak-key", "signature-invalid"]);
}

#[test]
fn keys_that_cost_too_much_are_refused() {
    let mut modulus = BigNum::new().unwrap();
    modulus.set_bit(16391).unwrap();
    modulus.set_bit(0).unwrap();
    let three = || BigNum::from_u32(3).unwrap();
    let huge = RsaPrivateKeyBuilder::new(modulus, three(), three()).unwrap().build();
    let mut spec = person("Anna Example", KeyType::P256, &["anna@example.org"]);
    let data = SignedData::detached(&Signature::by(&spec.clone().issued_by(&ROOT)), ENTITY.as_bytes());
    spec.key = PKey::from_rsa(huge).unwrap();
    let raw = clear(&SignedData { certificates: vec![spec.issued_by(&ROOT).certificate.0], ..data });
    assert_eq!(
        (codes(&raw), parameter(&raw, "algorithm")),
        (vec!["unsupported-algorithm"], "rsa-16392".to_owned())
    );
}

#[test]
fn weak_keys_are_named_with_their_size() {
    let signer = anna_with(KeyType::WeakRsa);
    let raw = signed_by(&Signature::by(&signer));
    assert_eq!((codes(&raw), parameter(&raw, "bits")), (vec!["weak-key"], "1024".to_owned()));
}

/// The same SignedData with a signature algorithm that there is not, in place of ECDSA with SHA-256.
pub fn with_unknown_algorithm(mut data: SignedData) -> SignedData {
    let known = der::oid("1.2.840.10045.4.3.2");
    let info = &mut data.signer_infos[0];
    let at = info.windows(known.len()).rposition(|window| window == known).unwrap();
    info[at + known.len() - 1] = 9;
    data
}

#[test]
fn unsupported_algorithms_are_named() {
    let data = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    let raw = clear(&with_unknown_algorithm(data));
    assert_eq!(
        (codes(&raw), parameter(&raw, "algorithm")),
        (vec!["unsupported-algorithm"], "1.2.840.10045.4.3.9".to_owned())
    );
}

#[test]
fn unsupported_algorithms_have_a_name_where_there_is_one() {
    let mut data = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    let known = der::oid("2.16.840.1.101.3.4.2.1");
    let truncated = der::oid("2.16.840.1.101.3.4.2.6");
    let info = &mut data.signer_infos[0];
    let at = info.windows(known.len()).position(|window| window == known).unwrap();
    info[at..at + truncated.len()].copy_from_slice(&truncated);
    let raw = clear(&data);
    assert_eq!(
        (codes(&raw), parameter(&raw, "algorithm")),
        (vec!["unsupported-algorithm"], "sha512-256".to_owned())
    );
}

#[test]
fn the_signer_is_found_by_key_identifier_too() {
    let raw = signed_by(&Signature { by_key_identifier: true, ..Signature::by(&ANNA) });
    assert_eq!(codes(&raw), [""; 0]);
    assert_eq!(facts(&raw).signers[0].certificate.as_ref(), Some(&ANNA.certificate));
}

#[test]
fn a_certificate_that_is_not_there_is_missing_unless_it_is_known() {
    for by_key_identifier in [true, false] {
        let signature = Signature { by_key_identifier, ..Signature::by(&ANNA) };
        let data = SignedData {
            certificates: vec![ROOT.certificate.0.clone()],
            ..SignedData::detached(&signature, ENTITY.as_bytes())
        };
        let raw = clear(&data);
        assert_eq!(codes(&raw), ["signer-certificate-missing"]);
        assert!(facts(&raw).signers[0].certificate.is_none());
        let message = signet::mime::Message::parse(&raw).unwrap();
        let known = signet::smime::examine_with(&message, std::slice::from_ref(&ANNA.certificate));
        assert_eq!((known.problems.len(), known.signers[0].is_sender), (0, true));
    }
}

#[test]
fn certificates_that_look_alike_neither_pass_nor_hide_the_right_one() {
    let spec = person("Anna Example", KeyType::P256, &["anna@example.org"]);
    let (mut twin, mut odd) = (spec.clone(), spec.clone());
    twin.key = key(KeyType::P256);
    odd.key = key(KeyType::Ed25519);
    let (right, twin, odd) = (spec.issued_by(&ROOT), twin.issued_by(&ROOT), odd.issued_by(&ROOT));
    let certificates: Vec<_> = [&twin, &odd, &right].map(|identity| identity.certificate.0.clone()).to_vec();
    let data = SignedData::detached(&Signature::by(&right), ENTITY.as_bytes());
    let raw = clear(&SignedData { certificates: certificates.clone(), ..data.clone() });
    assert_eq!(codes(&raw), [""; 0]);
    assert_eq!(facts(&raw).signers[0].certificate.as_ref(), Some(&right.certificate));
    let raw = clear(&SignedData { certificates: certificates[..2].to_vec(), ..data });
    assert_eq!(codes(&raw), ["signature-invalid"]);
}

#[test]
fn signing_certificate_attributes_must_agree() {
    let id_v1 = |hash: &[u8]| der::sequence(&[&der::sequence(&[&der::sequence(&[&der::octets(hash)])])]);
    let id_v2 = id_v1;
    let (v1, v2) = ("1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47");
    let der = &ANNA.certificate.0;
    for attributes in [vec![(v1, id_v1(&sha1(der)))], vec![(v2, id_v2(&sha256(der)))]] {
        let raw = signed_by(&Signature { attributes, ..Signature::by(&ANNA) });
        assert_eq!(codes(&raw), [""; 0]);
    }
    for attributes in [
        vec![(v1, id_v1(&sha1(b"another")))],
        vec![(v1, id_v1(&sha1(der))), (v2, id_v2(&sha256(b"another")))],
        vec![(v2, id_v2(&sha256(der))), (v2, id_v2(&sha256(der)))],
        vec![(v2, der::null())],
    ] {
        let raw = signed_by(&Signature { attributes, ..Signature::by(&ANNA) });
        assert_eq!(
            (codes(&raw), parameter(&raw, "reason")),
            (vec!["signature-invalid"], "signing-certificate".to_owned())
        );
    }
}

#[test]
fn attributes_must_be_there_once_and_fit_the_content() {
    let other_type = signed_by(&Signature { content_type: "1.2.840.113549.1.7.5", ..Signature::by(&ANNA) });
    assert_eq!(
        (codes(&other_type), parameter(&other_type, "reason")),
        (vec!["signature-invalid"], "content-type".to_owned())
    );
    let twice = vec![("1.2.840.113549.1.9.4", der::octets(&sha256(b"another")))];
    let twice = signed_by(&Signature { attributes: twice, ..Signature::by(&ANNA) });
    assert_eq!(
        (codes(&twice), parameter(&twice, "reason")),
        (vec!["malformed-signature"], "attributes".to_owned())
    );
}

#[test]
fn the_signing_time_is_told() {
    let time = at("2025-01-06T10:00:00Z");
    let raw = signed_by(&Signature { signing_time: Some(time), ..Signature::by(&ANNA) });
    assert_eq!(facts(&raw).signers[0].signing_time, Some(time));
    assert_eq!(facts(&clear_signed()).signers[0].signing_time, None);
}

#[test]
fn all_of_several_signers_must_be_intact() {
    let carl = person("Carl Example", KeyType::Rsa, &["carl@example.org"]).issued_by(&ROOT);
    let both = SignedData {
        signer_infos: vec![
            Signature::by(&carl).over(ENTITY.as_bytes()),
            Signature::by(&ANNA).over(ENTITY.as_bytes()),
        ],
        certificates: vec![
            ANNA.certificate.0.clone(),
            carl.certificate.0.clone(),
            ROOT.certificate.0.clone(),
        ],
        ..SignedData::default()
    };
    let found = facts(&clear(&both));
    assert!(found.problems.is_empty());
    assert_eq!(found.signers.iter().map(|signer| signer.is_sender).collect::<Vec<_>>(), [false, true]);
    assert_eq!(found.certificates, std::slice::from_ref(&ROOT.certificate));

    let raw = clear(&forged(both));
    assert_eq!(
        (codes(&raw), parameter(&raw, "signer")),
        (vec!["signature-invalid"], "CN=Carl Example".to_owned())
    );
}

#[test]
fn more_signers_than_anybody_has_are_refused() {
    let info = Signature::by(&ANNA).over(ENTITY.as_bytes());
    let data = SignedData {
        signer_infos: vec![info; 17],
        certificates: vec![ANNA.certificate.0.clone()],
        ..SignedData::default()
    };
    let raw = clear(&data);
    assert_eq!(
        (codes(&raw), parameter(&raw, "reason")),
        (vec!["malformed-signature"], "too-many-signers".to_owned())
    );
}

#[test]
fn thousands_of_certificates_do_no_harm() {
    let mut data = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    let others: Vec<_> =
        (0..40).map(|n| authority(&format!("Authority {n}")).self_signed().certificate.0).collect();
    data.certificates.extend(others.iter().cycle().take(5000).cloned());
    let found = facts(&clear(&data));
    assert_eq!((found.problems.len(), found.certificates.len()), (0, 40));
}

#[test]
fn certificates_and_crls_of_the_path_are_kept() {
    let crl = ROOT.crl(
        at("2025-01-01T00:00:00Z"),
        at("2025-02-01T00:00:00Z"),
        &[(7, at("2024-12-01T00:00:00Z"), vec![])],
    );
    let mut data = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    data.certificates.push(ROOT.certificate.0.clone());
    data.crls.push(crl.clone());
    let found = facts(&clear(&data));
    assert_eq!((found.certificates, found.crls), (vec![ROOT.certificate.clone()], vec![crl.clone()]));
    let parsed = openssl::x509::X509Crl::from_der(&crl).unwrap();
    assert!(parsed.verify(&ROOT.x509().public_key().unwrap()).unwrap());
}

#[test]
fn an_altered_opaque_message_is_altered() {
    let mut data = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    data.content = Some(ENTITY.replace("ten", "six").into_bytes());
    assert_eq!(
        codes(&single_part(&header(FROM_ANNA), "application/pkcs7-mime", &data.der())),
        ["content-altered"]
    );
    assert_eq!(codes(&opaque_signed()), [""; 0]);
}
