//! Every algorithm that is known, with mail that is signed here; and what is refused of algorithms that do not go together.

use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::signatures::{altered, clear, forged};
use super::{FROM_ANNA, ROOT, codes, facts, parameter};
use crate::support::der;
use crate::support::mail::{
    ENTITY, Signature, SignedData, digest_oid, header, multipart_signed, single_part, with_line_feeds,
};
use crate::support::pki::{self, Identity, KeyType, person};

/// Anna with another key.
fn anna_with(key: PKey<openssl::pkey::Private>) -> Identity {
    let mut spec = person("Anna Example", KeyType::P256, &["anna@example.org"]);
    spec.key = key;
    spec.issued_by(&ROOT)
}

/// AlgorithmIdentifier with these parameters.
fn algorithm(oid: &str, parameters: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid), parameters])
}

/// RSASSA-PSS-params with these digests, salt length and trailer.
fn pss(digest: MessageDigest, mgf: MessageDigest, salt: i64, trailer: Option<i64>) -> Vec<u8> {
    let identifier = |digest| algorithm(digest_oid(digest), &der::null());
    let parameters = der::sequence(&[
        &der::context(0, &identifier(digest)),
        &der::context(1, &algorithm("1.2.840.113549.1.1.8", &identifier(mgf))),
        &der::context(2, &der::integer(salt)),
        &trailer.map(|trailer| der::context(3, &der::integer(trailer))).unwrap_or_default(),
    ]);
    algorithm("1.2.840.113549.1.1.10", &parameters)
}

/// Good in each form; altered and forged are told apart.
fn assert_verifies(signature: &Signature<'_>, name: &str) {
    for with_attributes in [true, false] {
        let signature = Signature { with_attributes, ..signature.clone() };
        let detached = SignedData::detached(&signature, ENTITY.as_bytes());
        let enclosing = SignedData::enclosing(&signature, ENTITY.as_bytes());
        for raw in [
            multipart_signed(&header(FROM_ANNA), ENTITY, &detached.der()),
            with_line_feeds(&multipart_signed(&header(FROM_ANNA), ENTITY, &detached.ber())),
            single_part(&header(FROM_ANNA), "application/pkcs7-mime", &enclosing.der()),
            single_part(&header(FROM_ANNA), "application/pkcs7-mime", &enclosing.ber()),
        ] {
            assert_eq!(codes(&raw), [""; 0], "{name} {with_attributes}");
            assert_eq!(facts(&raw).signers[0].algorithm, name);
        }
        assert_eq!(codes(&clear(&forged(detached.clone()))), ["signature-invalid"], "{name}");
        let changed = codes(&altered(&clear(&detached)));
        if with_attributes {
            assert_eq!(changed, ["content-altered"], "{name}");
        } else {
            assert_eq!(changed.len(), 1, "{name}");
        }
    }
}

/// The parameter of the one problem, which says that the algorithm is not supported.
fn unsupported(signature: &Signature<'_>) -> String {
    let raw = clear(&SignedData::detached(signature, ENTITY.as_bytes()));
    assert_eq!(codes(&raw), ["unsupported-algorithm"]);
    parameter(&raw, "algorithm")
}

fn sha2() -> [MessageDigest; 4] {
    [MessageDigest::sha224(), MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()]
}

fn sha3() -> [MessageDigest; 4] {
    [
        MessageDigest::sha3_224(),
        MessageDigest::sha3_256(),
        MessageDigest::sha3_384(),
        MessageDigest::sha3_512(),
    ]
}

#[test]
fn rsa_with_every_digest_however_it_is_named() {
    let signer = anna_with(pki::key(KeyType::Rsa));
    let by_sha2 =
        ["1.2.840.113549.1.1.14", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"];
    let by_sha3 = [
        "2.16.840.1.101.3.4.3.13",
        "2.16.840.1.101.3.4.3.14",
        "2.16.840.1.101.3.4.3.15",
        "2.16.840.1.101.3.4.3.16",
    ];
    for (digest, oid) in sha2().into_iter().zip(by_sha2).chain(sha3().into_iter().zip(by_sha3)) {
        assert_verifies(&Signature { digest, ..Signature::by(&signer) }, "rsa");
        for parameters in [der::null(), vec![]] {
            let algorithm = Some(algorithm(oid, &parameters));
            assert_verifies(&Signature { digest, algorithm, ..Signature::by(&signer) }, "rsa");
        }
    }
}

#[test]
fn rsassa_pss_with_every_digest() {
    let signer = anna_with(pki::key(KeyType::Rsa));
    for digest in sha2().into_iter().chain(sha3()) {
        let algorithm = Some(pss(digest, digest, 32, None));
        assert_verifies(&Signature { digest, algorithm, is_pss: true, ..Signature::by(&signer) }, "rsa-pss");
    }
    let default_trailer = Some(pss(MessageDigest::sha256(), MessageDigest::sha256(), 32, Some(1)));
    let signature = Signature { algorithm: default_trailer, is_pss: true, ..Signature::by(&signer) };
    assert_verifies(&signature, "rsa-pss");
}

#[test]
fn parameters_of_pss_are_part_of_the_signature() {
    let signer = anna_with(pki::key(KeyType::Rsa));
    let sha256 = MessageDigest::sha256();
    for (parameters, expected) in [
        (pss(sha256, MessageDigest::sha512(), 32, None), "signature-invalid"),
        (pss(sha256, sha256, 20, None), "signature-invalid"),
        (pss(sha256, sha256, 2048, None), "unsupported-algorithm"),
        (pss(sha256, sha256, 32, Some(2)), "unsupported-algorithm"),
        (pss(sha256, MessageDigest::shake_128(), 32, None), "unsupported-algorithm"),
        (pss(MessageDigest::sha512(), MessageDigest::sha512(), 32, None), "unsupported-algorithm"),
    ] {
        let signature = Signature { algorithm: Some(parameters), is_pss: true, ..Signature::by(&signer) };
        let raw = clear(&SignedData::detached(&signature, ENTITY.as_bytes()));
        assert_eq!(codes(&raw)[0], expected);
    }
    // Without any, SHA-1 is meant (RFC 4055 §3.1), which goes with no other digest.
    let bare =
        Signature { algorithm: Some(algorithm("1.2.840.113549.1.1.10", &[])), ..Signature::by(&signer) };
    let raw = clear(&SignedData::detached(&bare, ENTITY.as_bytes()));
    assert_eq!(codes(&raw), ["unsupported-algorithm", "weak-digest", "signature-invalid"]);
}

#[test]
fn ecdsa_on_every_curve_with_every_digest() {
    for curve in [
        Nid::X9_62_PRIME256V1,
        Nid::SECP384R1,
        Nid::SECP521R1,
        Nid::BRAINPOOL_P256R1,
        Nid::BRAINPOOL_P384R1,
        Nid::BRAINPOOL_P512R1,
    ] {
        let signer = anna_with(pki::curve(curve));
        for (digest, oid) in [
            (MessageDigest::sha224(), "1.2.840.10045.4.3.1"),
            (MessageDigest::sha256(), "1.2.840.10045.4.3.2"),
            (MessageDigest::sha384(), "1.2.840.10045.4.3.3"),
            (MessageDigest::sha512(), "1.2.840.10045.4.3.4"),
            (MessageDigest::sha3_224(), "2.16.840.1.101.3.4.3.9"),
            (MessageDigest::sha3_256(), "2.16.840.1.101.3.4.3.10"),
            (MessageDigest::sha3_384(), "2.16.840.1.101.3.4.3.11"),
            (MessageDigest::sha3_512(), "2.16.840.1.101.3.4.3.12"),
            (MessageDigest::shake_128(), "1.3.6.1.5.5.7.6.32"),
            (MessageDigest::shake_256(), "1.3.6.1.5.5.7.6.33"),
        ] {
            let algorithm = Some(algorithm(oid, &[]));
            assert_verifies(&Signature { digest, algorithm, ..Signature::by(&signer) }, "ecdsa");
        }
    }
}

#[test]
fn ecdsa_by_the_name_of_its_key() {
    let signer = anna_with(pki::key(KeyType::P256));
    for parameters in [vec![], der::oid("1.2.840.10045.3.1.7")] {
        let algorithm = Some(algorithm("1.2.840.10045.2.1", &parameters));
        assert_verifies(&Signature { algorithm, ..Signature::by(&signer) }, "ecdsa");
    }
}

#[test]
fn eddsa_with_the_digest_that_goes_with_it() {
    let signer = anna_with(pki::key(KeyType::Ed25519));
    assert_verifies(&Signature { digest: MessageDigest::sha512(), ..Signature::by(&signer) }, "ed25519");
    let signer = anna_with(pki::key(KeyType::Ed448));
    let with_length = algorithm("2.16.840.1.101.3.4.2.18", &der::integer(512));
    for digest_algorithm in [None, Some(with_length)] {
        let digest = MessageDigest::shake_256();
        assert_verifies(&Signature { digest, digest_algorithm, ..Signature::by(&signer) }, "ed448");
    }
}

#[test]
fn digests_that_do_not_go_with_the_signature_are_refused() {
    let [ed25519, ed448, p256, rsa] =
        [KeyType::Ed25519, KeyType::Ed448, KeyType::P256, KeyType::Rsa].map(|kind| anna_with(pki::key(kind)));
    for (signer, digest, oid, told) in [
        (&ed25519, MessageDigest::sha256(), None, "ed25519 with sha256"),
        (&ed25519, MessageDigest::shake_256(), None, "ed25519 with shake256"),
        (&ed448, MessageDigest::sha512(), None, "ed448 with sha512"),
        (&ed448, MessageDigest::shake_128(), None, "ed448 with shake128"),
    ] {
        assert_eq!(unsupported(&Signature { digest, algorithm: oid, ..Signature::by(signer) }), told);
    }
    // The signature covers the attributes by the digest that it names, and the attributes the content by another.
    for (signer, digest, oid, told) in [
        (&p256, MessageDigest::sha384(), "1.2.840.10045.4.3.3", "ecdsa-sha384 with sha256"),
        (&p256, MessageDigest::shake_128(), "1.3.6.1.5.5.7.6.32", "ecdsa-shake128 with sha256"),
        (&rsa, MessageDigest::sha512(), "1.2.840.113549.1.1.13", "rsa-sha512 with sha256"),
    ] {
        let strong = Signature { digest, algorithm: Some(algorithm(oid, &[])), ..Signature::by(signer) };
        let mixed = Signature {
            digest_algorithm: Some(algorithm(digest_oid(MessageDigest::sha256()), &[])),
            ..strong.clone()
        };
        let raw = clear(&SignedData::detached(&mixed, ENTITY.as_bytes()));
        assert_eq!((codes(&raw)[0], parameter(&raw, "algorithm").as_str()), ("unsupported-algorithm", told));
        assert_verifies(&strong, if signer.key.id() == openssl::pkey::Id::EC { "ecdsa" } else { "rsa" });
    }
}

#[test]
fn shake_goes_with_ecdsa_and_ed448_alone() {
    let signer = anna_with(pki::key(KeyType::Rsa));
    let shake = Some(algorithm(digest_oid(MessageDigest::shake_128()), &[]));
    let raw = clear(&SignedData::detached(
        &Signature { digest_algorithm: shake.clone(), ..Signature::by(&signer) },
        ENTITY.as_bytes(),
    ));
    assert_eq!(
        (codes(&raw)[0], parameter(&raw, "algorithm").as_str()),
        ("unsupported-algorithm", "rsa with shake128")
    );
    // OpenSSL has no RSASSA-PSS with SHAKE (RFC 8702 §3.2.1).
    for oid in ["1.3.6.1.5.5.7.6.30", "1.3.6.1.5.5.7.6.31"] {
        let signature = Signature { algorithm: Some(algorithm(oid, &[])), ..Signature::by(&signer) };
        assert_eq!(unsupported(&signature), oid);
    }
}

#[test]
fn parameters_are_absent_or_null_and_nothing_else() {
    let [rsa, p256, ed25519] =
        [KeyType::Rsa, KeyType::P256, KeyType::Ed25519].map(|kind| anna_with(pki::key(kind)));
    let sha256 = digest_oid(MessageDigest::sha256());
    for parameters in [vec![], der::null()] {
        let digest_algorithm = Some(algorithm(sha256, &parameters));
        assert_verifies(&Signature { digest_algorithm, ..Signature::by(&rsa) }, "rsa");
        let algorithm = Some(algorithm("1.2.840.10045.4.3.2", &parameters));
        assert_verifies(&Signature { algorithm, ..Signature::by(&p256) }, "ecdsa");
    }
    let odd = [der::octets(b"odd"), [der::null(), der::null()].concat(), der::tlv(0x05, &[0])];
    for parameters in odd {
        let digest_algorithm = Some(algorithm(sha256, &parameters));
        assert_eq!(unsupported(&Signature { digest_algorithm, ..Signature::by(&rsa) }), "sha256");
        for (signer, oid) in [(&rsa, "1.2.840.113549.1.1.11"), (&p256, "1.2.840.10045.4.3.2")] {
            unsupported(&Signature { algorithm: Some(algorithm(oid, &parameters)), ..Signature::by(signer) });
        }
    }
    // MUST be absent (RFC 8419 §2.4).
    let algorithm_with_null = Some(algorithm("1.3.101.112", &der::null()));
    let digest = MessageDigest::sha512();
    let signature = Signature { digest, algorithm: algorithm_with_null, ..Signature::by(&ed25519) };
    assert_eq!(unsupported(&signature), "ed25519");
    // MUST be 512 (RFC 8419 §2.3).
    let ed448 = anna_with(pki::key(KeyType::Ed448));
    let digest_algorithm = Some(algorithm("2.16.840.1.101.3.4.2.18", &der::integer(256)));
    let digest = MessageDigest::shake_256();
    unsupported(&Signature { digest, digest_algorithm, ..Signature::by(&ed448) });
}

#[test]
fn a_key_signs_by_its_own_algorithm_alone() {
    let kinds = [KeyType::Rsa, KeyType::P256, KeyType::Ed25519, KeyType::Ed448];
    for (at, kind) in kinds.into_iter().enumerate() {
        let signer = anna_with(pki::key(kind));
        let digest = match kind {
            KeyType::Ed25519 => MessageDigest::sha512(),
            KeyType::Ed448 => MessageDigest::shake_256(),
            _ => MessageDigest::sha256(),
        };
        let oids = ["1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2", "1.3.101.112", "1.3.101.113"];
        for oid in oids.into_iter().enumerate().filter_map(|(other, oid)| (other != at).then_some(oid)) {
            let signature =
                Signature { digest, algorithm: Some(algorithm(oid, &[])), ..Signature::by(&signer) };
            let raw = clear(&SignedData::detached(&signature, ENTITY.as_bytes()));
            assert_eq!(codes(&raw).last(), Some(&"signature-invalid"), "{kind:?} {oid}");
        }
    }
}

/// id-RSASSA-PSS as the algorithm of a key forbids PKCS #1 v1.5, and what its parameters do not name (RFC 4055 §1.2).
#[test]
fn a_key_for_pss_signs_by_pss_alone() {
    let restricted_to = |parameters: &[u8]| {
        let inner = pki::key(KeyType::Rsa).rsa().unwrap().private_key_to_der().unwrap();
        let identifier = algorithm("1.2.840.113549.1.1.10", parameters);
        let pkcs8 = der::sequence(&[&der::integer(0), &identifier, &der::octets(&inner)]);
        anna_with(PKey::private_key_from_der(&pkcs8).unwrap())
    };
    let sha256 = MessageDigest::sha256();
    let any = restricted_to(&[]);
    let by_pss = |signer| Signature { is_pss: true, ..Signature::by(signer) };
    let pkcs1 = Some(algorithm("1.2.840.113549.1.1.11", &der::null()));
    let raw = |signature: &Signature<'_>| clear(&SignedData::detached(signature, ENTITY.as_bytes()));
    assert_eq!(codes(&raw(&by_pss(&any))), [""; 0]);
    assert_eq!(codes(&raw(&Signature { algorithm: pkcs1, ..by_pss(&any) })), ["signature-invalid"]);
    // The content of the SEQUENCE of parameters: what follows the object identifier in the AlgorithmIdentifier.
    let named = pss(sha256, sha256, 32, None);
    let parameters = &named[2 + der::oid("1.2.840.113549.1.1.10").len()..];
    let narrow = restricted_to(parameters);
    assert_eq!(codes(&raw(&by_pss(&narrow))), [""; 0]);
    let other = MessageDigest::sha512();
    let signature = Signature { digest: other, algorithm: Some(pss(other, other, 32, None)), ..by_pss(&any) };
    assert_eq!(codes(&raw(&signature)), [""; 0]);
    let data = SignedData {
        certificates: vec![narrow.certificate.0.clone()],
        ..SignedData::detached(
            &Signature { signer: &Identity { key: any.key.clone(), ..narrow.clone() }, ..signature },
            ENTITY.as_bytes(),
        )
    };
    assert_eq!(codes(&clear(&data)), ["signature-invalid"]);
}

#[test]
fn short_curves_are_weak_and_odd_ones_unsupported() {
    for (curve, expected, name) in [
        (Nid::X9_62_PRIME192V1, "weak-key", "ecdsa"),
        (Nid::SECP224R1, "weak-key", "ecdsa"),
        (Nid::SECP256K1, "unsupported-algorithm", "ecdsa-secp256k1"),
        (Nid::SECP160R1, "unsupported-algorithm", "ecdsa-secp160r1"),
    ] {
        let signer = anna_with(pki::curve(curve));
        let raw = clear(&SignedData::detached(&Signature::by(&signer), ENTITY.as_bytes()));
        assert_eq!((codes(&raw), parameter(&raw, "algorithm").as_str()), (vec![expected], name));
    }
}

/// CMSAlgorithmProtection (RFC 6211) binds what otherwise nobody signs.
#[test]
fn protected_algorithms_must_be_those_that_are_used() {
    let signer = anna_with(pki::key(KeyType::P256));
    let protection = |digest: &str, scheme: &str| {
        let mut scheme = algorithm(scheme, &[]);
        scheme[0] = 0xA1;
        vec![("1.2.840.113549.1.9.52", der::sequence(&[&algorithm(digest, &[]), &scheme]))]
    };
    let (sha256, sha512) = (digest_oid(MessageDigest::sha256()), digest_oid(MessageDigest::sha512()));
    let (with_sha256, with_sha512) = ("1.2.840.10045.4.3.2", "1.2.840.10045.4.3.4");
    for (attributes, expected) in [
        (protection(sha256, with_sha256), vec![]),
        (protection(sha512, with_sha512), vec!["malformed-signature"]),
        (protection(sha256, with_sha512), vec!["malformed-signature"]),
        (vec![("1.2.840.113549.1.9.52", der::null())], vec!["malformed-signature"]),
    ] {
        let signature = Signature { attributes, ..Signature::by(&signer) };
        assert_eq!(codes(&clear(&SignedData::detached(&signature, ENTITY.as_bytes()))), expected);
    }
}
