//! Whose message it claims to be.

use super::*;
use crate::support::der;
use crate::support::pki::name;

const SEVERAL_FIELDS: &str = "signed/failed: ambiguous-from several-fields";
const SEVERAL_MAILBOXES: &str = "signed/failed: ambiguous-from several-mailboxes";
const GROUP: &str = "signed/failed: ambiguous-from group";
const NO_ADDRESS: &str = "signed/failed: ambiguous-from no-address";
const MISMATCH: &str = "signed/failed: from-mismatch";

fn from(value: &str) -> String {
    judged(clear_from(&header(value)))
}

#[test]
fn there_is_one_field_whatever_it_looks_like() {
    assert_eq!(from(FROM_ANNA), VERIFIED);
    let good = clear(ENTITY);
    for before in [
        "From: boss@example.org\r\n",
        "from:boss@example.org\r\n",
        "From : boss@example.org\r\n",
        "FROM\t:\tboss@example.org\r\n",
        " From: boss@example.org\r\n",
        "\u{feff}From: boss@example.org\r\n",
        "From\0: boss@example.org\r\n",
        "X: y\rFrom: boss@example.org\r\n",
        "From: anna@example.org\r\n",
    ] {
        assert_eq!(judged(format!("{before}{good}")), SEVERAL_FIELDS, "{before:?}");
        let behind =
            with(&good, "\r\nTo: ", &format!("\r\n{}To: ", before.trim_start_matches([' ', '\u{feff}'])));
        assert_eq!(judged(behind), SEVERAL_FIELDS, "{before:?}");
    }
    // No fields: folded into another, of another name, an mbox's postmark, in the body.
    for before in [
        "X: y\r\n From: boss@example.org\r\n",
        "X-From: boss@example.org\r\n",
        "From boss@example.org Mon Jan  6 10:00:00 2025\r\n",
    ] {
        assert_eq!(judged(format!("{before}{good}")), VERIFIED, "{before:?}");
    }
    let without = with(&good, "From: Anna <anna@example.org>\r\n", "");
    assert_eq!(judged(&without), "signed/failed: ambiguous-from missing");
    assert_eq!(
        judged(format!("Sender: anna@example.org\r\n{without}")),
        "signed/failed: ambiguous-from missing"
    );
}

#[test]
fn there_is_one_mailbox() {
    for (value, outcome) in [
        ("anna@example.org, boss@example.org", SEVERAL_MAILBOXES),
        ("boss@example.org, anna@example.org", SEVERAL_MAILBOXES),
        ("anna@example.org,\r\n boss@example.org", SEVERAL_MAILBOXES),
        ("anna@example.org, anna@example.org", SEVERAL_MAILBOXES),
        ("Friends: anna@example.org;", GROUP),
        ("Friends: anna@example.org, boss@example.org;", GROUP),
        ("anna@example.org, Friends: boss@example.org;", GROUP),
        ("undisclosed-recipients:;", GROUP),
        ("Anna", NO_ADDRESS),
        ("<>", NO_ADDRESS),
        ("@example.org", MISMATCH),
    ] {
        assert_eq!(from(value), outcome, "{value:?}");
    }
}

/// RFC 5322 §3.4 has no address outside of the brackets but in comments and quotes. Where one stands, programs differ.
#[test]
fn addresses_outside_of_the_brackets_are_ambiguous() {
    assert_eq!(from("anna@example.org <anna@example.org>"), VERIFIED);
    assert_eq!(from("Anna@Example.org <anna@example.org>"), VERIFIED);
    for value in [
        "boss@example.org <anna@example.org>",
        "anna@example.org <boss@example.org>",
        "boss@example.org anna@example.org",
        "<boss@example.org> <anna@example.org>",
        "<anna@example.org> <boss@example.org>",
        "\"Boss\" <boss@example.org> <anna@example.org",
        "<@example.com:anna@example.org>",
        "<boss@example.org:anna@example.org>",
        "anna @ example.org",
    ] {
        assert_eq!(from(value), SEVERAL_MAILBOXES, "{value:?}");
    }
}

/// A name is what a sender calls himself, and Email/get gives it apart from the address. It proves nothing, whoever's
/// address it looks like; but it never takes the place of the address.
#[test]
fn names_are_no_addresses() {
    for (name, shown) in [
        ("\"anna@example.org\"", "boss@example.org"),
        ("=?utf-8?q?anna=40example=2Eorg?=", "boss@example.org"),
        ("=?utf-8?b?YW5uYUBleGFtcGxlLm9yZw==?=", "boss@example.org"),
        ("=?utf-8?q?Anna_=3Canna=40example=2Eorg=3E?=", "boss@example.org"),
        ("=?utf-8?q?=22Anna=22_=3Canna=40example=2Eorg=3E=2C?=", "boss@example.org"),
        ("=?utf-8?q?anna=40example=2Eorg=00?=", "boss@example.org"),
        ("=?utf-7?q?anna+AEA-example.org?=", "boss@example.org"),
        ("\"anna@example.org\\\" \"", "boss@example.org"),
        ("(anna@example.org)", "boss@example.org"),
        ("(\\) anna@example.org \\()", "boss@example.org"),
    ] {
        assert_eq!(from(&format!("{name} <{shown}>")), MISMATCH, "{name}");
        let reversed = name.replace("anna", "boss").replace("YW5u", "Ym9z");
        assert_eq!(from(&format!("{reversed} <anna@example.org>")), VERIFIED, "{reversed}");
    }
}

#[test]
fn comments_quotes_and_encoded_words_make_no_address() {
    for (value, outcome) in [
        ("anna@example.org (boss@example.org)", VERIFIED),
        ("boss@example.org (anna@example.org)", MISMATCH),
        ("boss(anna@example.org)@example.org", SEVERAL_MAILBOXES),
        ("anna@ex(c)ample.org", MISMATCH),
        ("\"anna\"@example.org", VERIFIED),
        ("\"an\\na\"@example.org", VERIFIED),
        ("\"anna \"@example.org", MISMATCH),
        ("\"anna@example.org\"@example.com", MISMATCH),
        ("\"boss@example.org, anna\"@example.org", MISMATCH),
        ("=?utf-8?q?anna=40example=2Eorg?=", NO_ADDRESS),
        ("<=?utf-8?q?anna=40example=2Eorg?=>", NO_ADDRESS),
        ("=?utf-8?q?anna?=@example.org", MISMATCH),
        ("anna@=?utf-8?q?example=2Eorg?=", MISMATCH),
    ] {
        assert_eq!(from(value), outcome, "{value}");
    }
}

#[test]
fn controls_and_turned_directions_hide_nothing() {
    for (value, outcome) in [
        ("anna@example.org\0.example.com", NO_ADDRESS),
        ("anna\0@example.org", NO_ADDRESS),
        ("boss@example.org\0 <anna@example.org>", NO_ADDRESS),
        ("anna@example.org\u{85}", NO_ADDRESS),
        ("anna@example.org\u{7f}", NO_ADDRESS),
        ("\u{202e}gro.elpmaxe@ssob <anna@example.org>", NO_ADDRESS),
        ("=?utf-8?b?4oCuZ3JvLmVscG1heGVAc3NvYg==?= <anna@example.org>", NO_ADDRESS),
        ("anna@example.org\u{202e}", MISMATCH),
        ("\u{200f}anna@example.org", MISMATCH),
        ("anna\u{200b}@example.org", MISMATCH),
        ("anna\u{ad}@example.org", MISMATCH),
        // Right-to-left names are names.
        ("\u{200f}\u{5d0}\u{5e0}\u{5d4}\u{200f} <anna@example.org>", VERIFIED),
    ] {
        assert_eq!(from(value), outcome, "{value:?}");
    }
}

#[test]
fn domains_that_only_look_alike_differ() {
    for (value, outcome) in [
        ("anna@EXAMPLE.org", VERIFIED),
        ("ANNA@example.org", VERIFIED),
        ("anna@example.org.", MISMATCH),
        ("anna@example..org", MISMATCH),
        ("anna@.example.org", MISMATCH),
        ("anna@ex\u{430}mple.org", MISMATCH),
        ("anna@xn--exmple-4nf.org", MISMATCH),
        ("anna@example\u{3002}org", MISMATCH),
        ("anna@\u{ff45}xample.org", MISMATCH),
        ("\u{430}nna@example.org", MISMATCH),
        ("anna@[example.org]", MISMATCH),
        ("anna@example.org.example.com", MISMATCH),
        ("anna@mail.example.org", MISMATCH),
        ("anna+boss@example.org", MISMATCH),
        ("anna%example.org@example.com", MISMATCH),
    ] {
        assert_eq!(from(value), outcome, "{value:?}");
    }
    // One domain in both spellings (RFC 8398 §5).
    let spec = |address: &str| person("Anna", KeyType::P256, &[address]).issued_by(&ROOT);
    let of = |signer: &Identity, value: &str| {
        let cms = SignedData::detached(&Signature::by(signer), ENTITY.as_bytes()).der();
        judged(multipart_signed(&header(value), ENTITY, &cms))
    };
    let buecher = spec("anna@xn--bcher-kva.example");
    assert_eq!(of(&buecher, "anna@b\u{fc}cher.example"), VERIFIED);
    assert_eq!(of(&buecher, "anna@xn--BCHER-kva.example"), VERIFIED);
    // Decomposed, it is not how IDNA has it (RFC 5891 §5.4), and nobody need guess.
    assert_eq!(of(&buecher, "anna@bu\u{308}cher.example"), MISMATCH);
    assert_eq!(of(&buecher, "anna@bucher.example"), MISMATCH);
    // Letter case of Unicode makes no ASCII: the Kelvin sign is no k.
    assert_eq!(of(&spec("kate@example.org"), "\u{212a}ate@example.org"), MISMATCH);
}

#[test]
fn other_fields_are_no_substitutes() {
    for field in ["Sender", "Resent-From", "Resent-Sender", "Reply-To", "Return-Path", "X-From"] {
        assert_eq!(from(&format!("boss@example.org\r\n{field}: anna@example.org")), MISMATCH, "{field}");
        assert_eq!(from(&format!("anna@example.org\r\n{field}: boss@example.org")), VERIFIED, "{field}");
    }
}

#[test]
fn what_a_certificate_calls_itself_is_no_address() {
    let signed_by = |change: &dyn Fn(&mut Spec)| {
        let signer = anna(change);
        let cms = SignedData::detached(&Signature::by(&signer), ENTITY.as_bytes()).der();
        judged(multipart_signed(&header(FROM_ANNA), ENTITY, &cms))
    };
    assert_eq!(signed_by(&|_| {}), VERIFIED);
    for addresses in [
        &["anna@example.org\0.example.com"][..],
        &["*@example.org"],
        &["@example.org"],
        &["example.org"],
        &[".example.org"],
        &["anna@example.org,boss@example.org"],
        &["<anna@example.org>"],
        &["Anna <anna@example.org>"],
        &["mailto:anna@example.org"],
        &[" anna@example.org"],
        &["boss@example.org", "anna@example.com"],
    ] {
        let owned: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
        assert_eq!(signed_by(&|spec| spec.addresses = owned.clone()), MISMATCH, "{addresses:?}");
    }
    // In the common name, or as a DNS name or URI of the subjectAltName, it is none.
    let nowhere = "signed/failed: no-address-in-certificate";
    let common_name =
        |spec: &mut Spec| (spec.addresses, spec.subject) = (vec![], name("anna@example.org", None));
    assert_eq!(signed_by(&common_name), nowhere);
    for tag in [0x82, 0x86] {
        let names = der::sequence(&[&der::tlv(tag, b"anna@example.org")]);
        let elsewhere = |spec: &mut Spec| {
            spec.addresses.clear();
            spec.extensions.push(("2.5.29.17", false, names.clone()));
        };
        assert_eq!(signed_by(&elsewhere), nowhere);
    }
}

/// Where the signed part protects the header (RFC 8551 §3.1, RFC 9788), the header that everybody can change must agree.
#[test]
fn a_protected_header_that_contradicts_is_a_mismatch() {
    for entity in [
        "Content-Type: message/rfc822; forwarded=no\r\n\r\nFrom: {}\r\nSubject: x\r\n\r\nHello\r\n",
        "Content-Type: text/plain; protected-headers=\"v1\"\r\nFrom: {}\r\n\r\nHello\r\n",
        "Content-Type: text/plain; hp=\"clear\"\r\nFrom: {}\r\n\r\nHello\r\n",
        "Content-Type: text/plain; hp=cipher\r\nFrom: {}\r\n\r\nHello\r\n",
    ] {
        let protecting = |inner: &str| entity.replace("{}", inner);
        assert_eq!(judged(clear(&protecting("anna@example.org"))), VERIFIED, "{entity}");
        assert_eq!(judged(opaque(&protecting("ANNA@example.org"))), VERIFIED, "{entity}");
        assert_eq!(judged(clear(&protecting("boss@example.org"))), MISMATCH, "{entity}");
        assert_eq!(judged(opaque(&protecting("boss@example.org"))), MISMATCH, "{entity}");
        assert_eq!(judged(clear(&protecting("anna@example.org\r\nFrom: boss@example.org"))), SEVERAL_FIELDS);
        assert_eq!(judged(clear(&protecting("boss@example.org <anna@example.org>"))), SEVERAL_MAILBOXES);
    }
    // Not marked, it is a forward, and speaks of another message.
    let forward = "Content-Type: message/rfc822\r\n\r\nFrom: boss@example.org\r\n\r\nHello\r\n";
    assert_eq!(judged(clear(forward)), VERIFIED);
}
