//! Whose message it claims to be, against the addresses of the certificate.

use super::{ANNA, FROM_ANNA, ROOT, codes, facts, parameter};
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, name, person};

/// Signed by this person, with this header.
fn signed(signer: &Identity, header: &str) -> Vec<u8> {
    let cms = SignedData::detached(&Signature::by(signer), ENTITY.as_bytes()).der();
    multipart_signed(header, ENTITY, &cms)
}

fn from(value: &str) -> Vec<u8> {
    signed(&ANNA, &header(value))
}

fn with_addresses(addresses: &[&str], utf8_addresses: &[&str], in_subject: Option<&str>) -> Identity {
    let mut spec = person("Anna Example", KeyType::P256, addresses);
    spec.utf8_addresses = utf8_addresses.iter().map(|&address| address.to_owned()).collect();
    spec.subject = name("Anna Example", in_subject);
    spec.issued_by(&ROOT)
}

/// Anna's signature over an entity that protects a header.
fn protecting(entity: &str, outer: &str) -> Vec<u8> {
    let cms = SignedData::detached(&Signature::by(&ANNA), entity.as_bytes()).der();
    multipart_signed(&header(outer), entity, &cms)
}

#[test]
fn one_mailbox_of_the_certificate_is_the_sender() {
    for value in [
        "anna@example.org",
        "<anna@example.org>",
        "Anna <ANNA@Example.Org>",
        "\"Example, Anna\" <anna@example.org>",
        "=?utf-8?q?Anna_=3Cceo=40example=2Ecom=3E?= <anna@example.org>",
        "\"ceo@example.com\" <anna@example.org>",
        "anna@example.org (Anna Example)",
        "Anna\r\n <anna@example.org>",
    ] {
        assert_eq!(codes(&from(value)), [""; 0], "{value}");
        assert!(facts(&from(value)).signers[0].is_sender, "{value}");
    }
}

#[test]
fn another_mailbox_is_a_mismatch_that_names_both() {
    for (value, address) in [
        ("Anna Example <mallory@example.org>", "mallory@example.org"),
        ("\"anna@example.org\" <mallory@example.org>", "mallory@example.org"),
        ("=?utf-8?q?anna=40example=2Eorg?= <mallory@example.org>", "mallory@example.org"),
        ("mallory@example.org (anna@example.org)", "mallory@example.org"),
        ("anna@example.org.example.com", "anna@example.org.example.com"),
    ] {
        let raw = from(value);
        assert_eq!(
            (codes(&raw), parameter(&raw, "from")),
            (vec!["from-mismatch"], address.to_owned()),
            "{value}"
        );
        assert_eq!(parameter(&raw, "addresses"), "anna@example.org");
        assert!(facts(&raw).signers[0].is_sender, "the first signer's chain is told all the same");
    }
}

#[test]
fn what_is_not_exactly_one_mailbox_in_one_field_is_ambiguous() {
    for (value, reason) in [
        ("anna@example.org, mallory@example.org", "several-mailboxes"),
        ("mallory@example.org, anna@example.org", "several-mailboxes"),
        ("anna@example.org\r\nFrom: mallory@example.org", "several-fields"),
        ("anna@example.org\r\nfrom : mallory@example.org", "several-fields"),
        ("anna@example.org\rFrom: mallory@example.org", "several-fields"),
        ("Friends: anna@example.org;", "group"),
        ("Friends: anna@example.org, mallory@example.org;", "group"),
        ("undisclosed:;", "group"),
        ("Anna Example", "no-address"),
        ("", "no-address"),
    ] {
        let raw = from(value);
        assert_eq!(
            (codes(&raw), parameter(&raw, "reason")),
            (vec!["ambiguous-from"], reason.to_owned()),
            "{value:?}"
        );
    }
    let none = signed(&ANNA, "Sender: anna@example.org\r\nTo: berta@example.com");
    assert_eq!((codes(&none), parameter(&none, "reason")), (vec!["ambiguous-from"], "missing".to_owned()));
}

#[test]
fn nul_never_makes_two_addresses_one() {
    for value in ["anna@example.org\0.example.com", "anna@exam\0ple.org", "anna\u{7}@example.org"] {
        assert_eq!(codes(&from(value)), ["ambiguous-from"], "{value:?}");
    }
    let signer = with_addresses(&["anna@example.org\0.example.com"], &[], None);
    assert_eq!(codes(&signed(&signer, &header(FROM_ANNA))), ["from-mismatch"]);
}

#[test]
fn sender_and_resent_from_are_no_substitutes() {
    let raw = from("mallory@example.org\r\nSender: anna@example.org\r\nResent-From: anna@example.org");
    assert_eq!(codes(&raw), ["from-mismatch"]);
}

#[test]
fn every_place_for_an_address_counts() {
    for (signer, address) in [
        (with_addresses(&["other@example.org", "anna@example.org"], &[], None), "anna@example.org"),
        (with_addresses(&[], &["änna@example.org"], None), "änna@example.org"),
        (with_addresses(&[], &["änna@bücher.example"], None), "änna@xn--bcher-kva.example"),
        (with_addresses(&["anna@xn--bcher-kva.example"], &[], None), "anna@bücher.example"),
        (with_addresses(&[], &[], Some("anna@example.org")), "anna@example.org"),
        (with_addresses(&["other@example.org"], &[], Some("anna@example.org")), "anna@example.org"),
    ] {
        assert_eq!(codes(&signed(&signer, &header(address))), [""; 0], "{address}");
    }
}

#[test]
fn a_certificate_without_any_address_vouches_for_nobody() {
    let raw = signed(&with_addresses(&[], &[], None), &header(FROM_ANNA));
    assert_eq!(
        (codes(&raw), parameter(&raw, "from")),
        (vec!["no-address-in-certificate"], "anna@example.org".to_owned())
    );
}

#[test]
fn a_protected_header_must_agree_with_the_outer_one() {
    for entity in [
        "Content-Type: message/rfc822; forwarded=no\r\n\r\nFrom: {}\r\nSubject: Tomorrow\r\n\r\nHello\r\n",
        "Content-Type: text/plain; protected-headers=\"v1\"\r\nFrom: {}\r\n\r\nHello\r\n",
        "Content-Type: text/plain; hp=\"clear\"\r\nFrom: {}\r\n\r\nHello\r\n",
        "Content-Type: multipart/mixed; boundary=i; hp=clear\r\nFrom: {}\r\n\r\n--i\r\n\r\nHello\r\n--i--\r\n",
    ] {
        let agreeing = protecting(&entity.replace("{}", "Anna <Anna@example.org>"), FROM_ANNA);
        assert_eq!(codes(&agreeing), [""; 0], "{entity}");
        let differing = protecting(&entity.replace("{}", "boss@example.org"), FROM_ANNA);
        assert_eq!(
            (codes(&differing), parameter(&differing, "signedFrom")),
            (vec!["from-mismatch"], "boss@example.org".to_owned()),
            "{entity}"
        );
        let twofold = protecting(&entity.replace("{}", "anna@example.org, boss@example.org"), FROM_ANNA);
        assert_eq!(codes(&twofold), ["ambiguous-from"], "{entity}");
    }
    let opaque = "Content-Type: text/plain; hp=clear\r\nFrom: boss@example.org\r\n\r\nHello\r\n";
    let cms = SignedData::enclosing(&Signature::by(&ANNA), opaque.as_bytes()).der();
    assert_eq!(codes(&single_part(&header(FROM_ANNA), "application/pkcs7-mime", &cms)), ["from-mismatch"]);
}

#[test]
fn an_unmarked_inner_message_is_a_signed_forward() {
    for entity in [
        "Content-Type: message/rfc822\r\n\r\nFrom: boss@example.org\r\nSubject: x\r\n\r\nHello\r\n",
        "Content-Type: message/rfc822; forwarded=yes\r\n\r\nFrom: boss@example.org\r\n\r\nHello\r\n",
        "Content-Type: text/plain\r\nFrom: boss@example.org\r\n\r\nHello\r\n",
    ] {
        assert_eq!(codes(&protecting(entity, FROM_ANNA)), [""; 0], "{entity}");
    }
}
