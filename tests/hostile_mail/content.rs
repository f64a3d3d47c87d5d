//! What was signed against what is there.

use openssl::hash::MessageDigest;

use super::*;
use crate::support::der;
use crate::support::mail::ID_DATA;
use crate::support::pki::key;

const ALTERED: &str = "signed/failed: content-altered";

fn clear_with(data: &SignedData) -> String {
    String::from_utf8(multipart_signed(&header(FROM_ANNA), ENTITY, &data.der())).unwrap()
}

fn opaque_with(data: &SignedData) -> Vec<u8> {
    single_part(&header(FROM_ANNA), PKCS7_MIME, &data.der())
}

#[test]
fn a_detached_signature_holds_no_other_content() {
    let detached = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    for (inside, outcome) in [
        (ENTITY, VERIFIED),
        (
            "Content-Type: text/plain\r\n\r\nPay Mallory.\r\n",
            "signed/failed: malformed-signature two-contents",
        ),
        ("", "signed/failed: malformed-signature two-contents"),
    ] {
        let data = SignedData { content: Some(inside.as_bytes().to_vec()), ..detached.clone() };
        assert_eq!(judged(clear_with(&data)), outcome, "{inside}");
    }
    // Signed is what stands inside; shown is what stands outside.
    let enclosing =
        SignedData::enclosing(&Signature::by(&ANNA), b"Content-Type: text/plain\r\n\r\nAnother.\r\n");
    assert_eq!(
        judged(clear_with(&enclosing)),
        "signed/failed: malformed-signature two-contents, content-altered"
    );
    // The same with line feeds on the way is one content.
    let same = SignedData { content: Some(ENTITY.as_bytes().to_vec()), ..detached };
    let stored = clear_with(&same).replace("\r\n", "\n");
    assert_eq!(judged(stored), VERIFIED);
}

#[test]
fn somebody_has_signed() {
    let nobody = SignedData { certificates: vec![ANNA.certificate.0.clone()], ..SignedData::default() };
    assert_eq!(judged(clear_with(&nobody)), "signed/failed: malformed-signature no-signer");
    let with_content = SignedData { content: Some(ENTITY.into()), ..nobody };
    assert_eq!(judged(opaque_with(&with_content)), "unknown");
}

#[test]
fn one_good_signature_does_not_make_up_for_a_bad_one() {
    let carl = person("Carl", KeyType::P256, &["carl@example.org"]).issued_by(&ROOT);
    let good = || Signature::by(&ANNA).over(ENTITY.as_bytes());
    let mut forged = Signature::by(&carl).over(ENTITY.as_bytes());
    *forged.last_mut().unwrap() ^= 1;
    let of_another = Signature::by(&carl).over(b"another message");
    let weak = Signature { digest: MessageDigest::sha1(), ..Signature::by(&carl) }.over(ENTITY.as_bytes());
    let both = |other: Vec<u8>, certificates: &[&Identity]| SignedData {
        signer_infos: vec![good(), other],
        certificates: certificates.iter().map(|identity| identity.certificate.0.clone()).collect(),
        ..SignedData::default()
    };
    let genuine = both(Signature::by(&carl).over(ENTITY.as_bytes()), &[&ANNA, &carl]);
    assert_eq!(judged(clear_with(&genuine)), VERIFIED);
    for (other, outcome) in [
        (forged, "signed/failed: signature-invalid"),
        (of_another, ALTERED),
        (weak, "signed/failed: weak-digest"),
    ] {
        assert_eq!(judged(clear_with(&both(other, &[&ANNA, &carl]))), outcome);
    }
    let unknown = both(Signature::by(&carl).over(ENTITY.as_bytes()), &[&ANNA]);
    assert_eq!(judged(clear_with(&unknown)), "signed/failed: signer-certificate-missing");
    // A stranger's own signature beside a forged one of Anna's makes nobody Anna.
    let mut of_anna = good();
    *of_anna.last_mut().unwrap() ^= 1;
    let mallory =
        SignedData { signer_infos: vec![Signature::by(&carl).over(ENTITY.as_bytes()), of_anna], ..genuine };
    assert_eq!(judged(clear_with(&mallory)), "signed/failed: signature-invalid");
}

/// The same issuer and serial number, subject and addresses, from an authority that nobody trusts or by another key.
#[test]
fn a_certificate_that_is_only_similar_is_another() {
    let spec = person("Anna", KeyType::P256, &["anna@example.org"]);
    let genuine = spec.clone().issued_by(&ROOT);
    let twin = Spec { key: key(KeyType::P256), ..spec.clone() }.issued_by(&ROOT);
    let false_root = authority("Root").self_signed();
    let of_false_root = Spec { key: key(KeyType::P256), ..spec }.issued_by(&false_root);
    let data = SignedData::detached(&Signature::by(&genuine), ENTITY.as_bytes());
    assert_eq!(judged(clear_with(&data)), VERIFIED);
    for other in [&twin, &of_false_root] {
        let swapped = SignedData { certificates: vec![other.certificate.0.clone()], ..data.clone() };
        assert!(judged(clear_with(&swapped)).starts_with("signed/failed: signature-invalid"));
        // The right one beside it is found, and the false one vouches for nothing.
        let certificates = vec![other.certificate.0.clone(), genuine.certificate.0.clone()];
        assert_eq!(judged(clear_with(&SignedData { certificates, ..data.clone() })), VERIFIED);
    }
    // Signed with the false one's own key: the mathematics is right, and nobody vouches for it.
    let by_false = SignedData::detached(&Signature::by(&of_false_root), ENTITY.as_bytes());
    assert_eq!(judged(clear_with(&by_false)), "signed/failed: issuer-not-found");
    let certificates = vec![of_false_root.certificate.0.clone(), false_root.certificate.0.clone()];
    assert_eq!(judged(clear_with(&SignedData { certificates, ..by_false })), "signed/failed: untrusted-root");
}

#[test]
fn the_signature_of_another_message_is_none_of_this() {
    let other = "Content-Type: text/plain\r\n\r\nI quit.\r\n";
    let raw = multipart_signed(&header(FROM_ANNA), ENTITY, &cms(other));
    assert_eq!(judged(raw), ALTERED);
    let without = Signature { with_attributes: false, ..Signature::by(&ANNA) };
    let data = SignedData::detached(&without, other.as_bytes());
    assert_eq!(judged(clear_with(&data)), "signed/failed: signature-invalid");
    // The right digest in unsigned clothes: the value does not cover it.
    let mut mixed = SignedData::detached(&Signature::by(&ANNA), other.as_bytes());
    let digests = [openssl::sha::sha256(other.as_bytes()), openssl::sha::sha256(ENTITY.as_bytes())];
    let info = &mut mixed.signer_infos[0];
    let at = info.windows(32).position(|window| window == digests[0]).unwrap();
    info[at..at + 32].copy_from_slice(&digests[1]);
    assert_eq!(judged(clear_with(&mixed)), "signed/failed: signature-invalid");
}

/// What is signed are bytes, not what they show: a gateway that encodes anew has altered them, and so could anybody.
#[test]
fn another_form_of_the_same_text_is_altered() {
    let quoted = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n";
    let good = clear(quoted);
    assert_eq!(judged(&good), VERIFIED);
    for (old, new) in [
        ("quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe", "8bit\r\n\r\nGr\u{fc}\u{df}e"),
        ("quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe", "base64\r\n\r\nR3LDvMOfZQ=="),
        ("Gr=C3=BC", "Gr=c3=bc"),
        ("Gr=C3", "G=72=C3"),
        ("=9Fe\r\n", "=9Fe \r\n"),
        ("=9Fe\r\n", "=9Fe\r\n\r\n"),
        ("=9Fe\r\n", "=9Fe"),
        ("charset=utf-8", "charset=UTF-8"),
        ("charset=utf-8\r\nContent-T", "charset=utf-8;\r\nContent-T"),
    ] {
        assert_eq!(judged(with(&good, old, new)), ALTERED, "{new:?}");
    }
}

/// A carriage return alone ends a line for some readers; it is signed as it stands, and nothing else is.
#[test]
fn line_ends_are_crlf_or_lf_and_nothing_else() {
    let good = clear(ENTITY);
    assert_eq!(judged(good.replace("\r\n", "\n")), VERIFIED);
    assert_eq!(judged(with(&good, "Berta,\r\n", "Berta,\n")), VERIFIED);
    for new in ["Berta,\r", "Berta,\r\r\n", "Berta,\n\r", "Berta,\u{b}", "Berta,\u{2028}"] {
        assert_eq!(judged(with(&good, "Berta,\r\n", new)), ALTERED, "{new:?}");
    }
    let bare = "Content-Type: text/plain\r\n\r\nOne\rTwo\r\n";
    assert_eq!(judged(clear(bare)), VERIFIED);
    assert_eq!(judged(with(&clear(bare), "One\rTwo", "One\r\nTwo")), ALTERED);
}

#[test]
fn an_opaque_signature_covers_its_content() {
    let genuine = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes());
    assert_eq!(judged(opaque_with(&genuine)), VERIFIED);
    let swapped = SignedData { content: Some(ENTITY.replace("ten", "six").into()), ..genuine.clone() };
    assert_eq!(judged(opaque_with(&swapped)), ALTERED);
    let none = SignedData { content: None, ..genuine.clone() };
    assert_eq!(judged(opaque_with(&none)), "signed/failed: malformed-signature no-content");
    // Line ends of an opaque content are nobody's to change: no gateway sees them.
    let with_line_feeds = SignedData { content: Some(ENTITY.replace("\r\n", "\n").into()), ..genuine };
    assert_eq!(judged(opaque_with(&with_line_feeds)), ALTERED);
}

/// Certificates and lists that come along are no more believed than the rest.
#[test]
fn an_authority_that_comes_along_is_no_anchor() {
    let mallory = authority("Mallory's Root").self_signed();
    let leaf = person("Anna", KeyType::P256, &["anna@example.org"]).issued_by(&mallory);
    let mut data = SignedData::detached(&Signature::by(&leaf), ENTITY.as_bytes());
    data.certificates.push(mallory.certificate.0.clone());
    assert_eq!(judged(clear_with(&data)), "signed/failed: untrusted-root");
    // Nor does Anna's own certificate certify.
    let below = person("Boss", KeyType::P256, &["anna@example.org"]).issued_by(&ANNA);
    let mut data = SignedData::detached(&Signature::by(&below), ENTITY.as_bytes());
    data.certificates.push(ANNA.certificate.0.clone());
    assert!(judged(clear_with(&data)).starts_with("signed/failed: invalid-chain"));
}

#[test]
fn what_the_attributes_say_is_unambiguous() {
    let attributes = |attributes| {
        let signature = Signature { attributes, ..Signature::by(&ANNA) };
        judged(clear_with(&SignedData::detached(&signature, ENTITY.as_bytes())))
    };
    let digest = || der::octets(&openssl::sha::sha256(ENTITY.as_bytes()));
    assert_eq!(attributes(vec![("1.2.3.4", der::null())]), VERIFIED);
    for (oid, value) in [("1.2.840.113549.1.9.4", digest()), ("1.2.840.113549.1.9.3", der::oid(ID_DATA))] {
        assert_eq!(attributes(vec![(oid, value)]), "signed/failed: malformed-signature attributes");
    }
}
