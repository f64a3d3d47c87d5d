//! Attacks: mail that is meant to pass for what it is not, to cost more than it is worth, or to harm another's.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::RsaPrivateKeyBuilder;
use signet::mime::{Message, Structure, Summary};
use signet::smime::{Facts, Policy, TrustMaterial, Verdict, evaluate, examine, signer_material};

use crate::support::der;
use crate::support::mail::{ENTITY, ID_DATA, Signature, SignedData, header, multipart_signed, single_part};
use crate::support::pki::{Identity, KeyType, Spec, at, authority, key, name, person};

static ROOT: LazyLock<Identity> = LazyLock::new(|| authority("Root").self_signed());
static ANNA: LazyLock<Identity> = LazyLock::new(|| anna(|_| {}));

const FROM_ANNA: &str = "Anna <anna@example.org>";
const NOW: &str = "2026-01-01T12:00:00Z";

fn anna(change: impl FnOnce(&mut Spec)) -> Identity {
    let mut spec = person("Anna", KeyType::P256, &["anna@example.org"]);
    change(&mut spec);
    spec.issued_by(&ROOT)
}

fn facts(raw: &[u8]) -> Facts {
    examine(&Message::parse(raw).unwrap())
}

/// What is wrong with a message: codes with their reasons.
fn problems(raw: &[u8]) -> Vec<String> {
    let told = facts(raw).problems.into_iter().map(|problem| match problem.parameters.get("reason") {
        Some(reason) => format!("{} {}", problem.code.as_str(), reason.as_str().unwrap()),
        None => problem.code.as_str().to_owned(),
    });
    told.collect()
}

fn cms() -> Vec<u8> {
    SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes()).der()
}

fn clear() -> String {
    String::from_utf8(multipart_signed(&header(FROM_ANNA), ENTITY, &cms())).unwrap()
}

fn opaque() -> String {
    let cms = SignedData::enclosing(&Signature::by(&ANNA), ENTITY.as_bytes()).der();
    String::from_utf8(single_part(&header(FROM_ANNA), "application/pkcs7-mime", &cms)).unwrap()
}

fn verdict(leaf: &Identity, intermediates: &[&Identity], crls: Vec<Vec<u8>>) -> Verdict {
    let material = TrustMaterial {
        anchors: vec![ROOT.certificate.clone().into()],
        intermediates: intermediates.iter().map(|identity| identity.certificate.clone()).collect(),
        crls,
        ocsp: Vec::new(),
    };
    evaluate(&leaf.certificate, &material, &Policy::default(), at(NOW))
}

/// Whether the chain is good at no time at all, and for what reason.
fn rejected(verdict: &Verdict) -> Vec<String> {
    assert!(verdict.good.0.is_empty(), "{verdict:?}");
    let told = verdict.problems.iter().map(|problem| match problem.parameters.get("rule") {
        Some(rule) => rule.as_str().unwrap().to_owned(),
        None => problem.code.as_str().to_owned(),
    });
    told.collect()
}

#[test]
fn what_these_attacks_start_from_is_good() {
    assert_eq!((problems(clear().as_bytes()), problems(opaque().as_bytes())), (vec![], vec![]));
    assert_eq!(verdict(&ANNA, &[], vec![]).problems, []);
}

/// Readers that go by lines would take the signed part for a preamble or for the tail of another part.
#[test]
fn delimiters_inside_of_lines_part_nothing() {
    let good = clear();
    for (from, to) in [
        ("This is a signed message.\r\n--b1\r\n", "x--b1\r\n"),
        ("ten.\r\n\r\n--b1", "ten.\r\n--b1 x --b1"),
        ("\r\n--b1\r\n", "\r\n--b1x\r\n"),
        ("\r\n--b1--\r\n", "\r\n--b1x--\r\n"),
        ("\r\n--b1--\r\n", "\r\n--b1--\r\n\r\n--b1\r\n\r\nmore\r\n--b1--\r\n"),
        ("\r\n--b1--\r\n", "\r\n--b1--x\r\n"),
    ] {
        let raw = good.replacen(from, to, 1);
        assert_ne!(raw, good);
        assert_eq!(problems(raw.as_bytes()), ["malformed-signature parts"], "{from:?} {to:?}");
    }
}

#[test]
fn delimiters_may_have_blanks_behind_them_and_text_around_them() {
    let raw = clear().replace("--b1--\r\n", "--b1--  \r\nAn epilogue.\r\n");
    assert_eq!(problems(raw.as_bytes()), [""; 0]);
}

/// The parser overlooks blanks within names, other readers do not: they would show text/html.
#[test]
fn a_media_type_that_only_some_readers_see_is_refused() {
    let many = "X: y\r\n".repeat(10_001);
    for good in [clear(), opaque()] {
        for replacement in [
            "Content-Type: text/html\r\nC ontent-Type: ".to_owned(),
            "C ontent-Type: ".to_owned(),
            format!("Content-Type: text/html\r\n{many}Content-Type: "),
            format!("{many}Content-Type: "),
            "Content-Type: text/html\r\nContent-Type: ".to_owned(),
            " \r\nContent-Type: text/html\r\n \r\nContent-Type: ".to_owned(),
        ] {
            let raw = good.replacen("Content-Type: ", &replacement, 1);
            let found = problems(raw.as_bytes());
            let passes = facts(raw.as_bytes()).form.as_str().ends_with("signed") && found.is_empty();
            assert!(!passes, "{}", &replacement[..40.min(replacement.len())]);
        }
    }
    let twice = clear().replacen("boundary=\"b1\"", "boundary=b1; boundary=b2", 1);
    assert_eq!(problems(twice.as_bytes()), ["malformed-signature content-type"]);
}

/// What follows the CMS is not signed, and must not come to be shown as another part of the message's text.
#[test]
fn the_signature_is_never_shown_as_text() {
    let mut cms = cms();
    cms.extend(b"<p>Pay to Mallory.</p>");
    let good = String::from_utf8(multipart_signed(&header(FROM_ANNA), ENTITY, &cms)).unwrap();
    let many = "X: y\r\n".repeat(10_001);
    for replacement in [
        "\r\nContent-Type: text/html\r\nC ontent-Type: application".to_owned(),
        format!("\r\nContent-Type: text/html\r\n{many}Content-Type: application"),
    ] {
        let raw = good.replacen("\r\nContent-Type: application", &replacement, 1);
        let message = Message::parse(raw.as_bytes()).unwrap();
        let shown = Structure::of(&message).body_lists().html_body.len();
        let found = examine(&message).problems;
        assert!(shown == 1 || !found.is_empty(), "{shown} parts are shown as text, and the message passes");
    }
}

#[test]
fn what_was_signed_as_something_else_was_not_signed_as_mail() {
    let timestamp = "1.2.840.113549.1.9.16.1.4";
    let signature = Signature { content_type: timestamp, ..Signature::by(&ANNA) };
    for data in [
        SignedData::detached(&signature, ENTITY.as_bytes()),
        SignedData::enclosing(&signature, ENTITY.as_bytes()),
    ] {
        let is_enclosing = data.content.is_some();
        let as_data = data.der();
        let content = data.content.map_or(vec![], |content| der::context(0, &der::octets(&content)));
        let old = der::sequence(&[&der::oid(ID_DATA), &content]);
        let new = der::sequence(&[&der::oid(timestamp), &content]);
        let at = as_data.windows(old.len()).position(|window| window == old).unwrap();
        let inside = [
            &as_data[as_data.windows(3).position(|w| w == [2, 1, 1]).unwrap()..at],
            &new[..],
            &as_data[at + old.len()..],
        ]
        .concat();
        let cms =
            der::sequence(&[&der::oid("1.2.840.113549.1.7.2"), &der::context(0, &der::tlv(0x30, &inside))]);
        let raw = match is_enclosing {
            true => single_part(&header(FROM_ANNA), "application/pkcs7-mime", &cms),
            false => multipart_signed(&header(FROM_ANNA), ENTITY, &cms),
        };
        assert_eq!(problems(&raw), ["signature-invalid content-type"]);
    }
}

#[test]
fn a_detached_signature_does_not_vouch_for_what_it_encloses() {
    let data =
        SignedData::enclosing(&Signature::by(&ANNA), b"Content-Type: text/plain\r\n\r\nSomething else\r\n");
    let raw = multipart_signed(&header(FROM_ANNA), ENTITY, &data.der());
    assert_eq!(problems(&raw), ["malformed-signature two-contents", "content-altered"]);
}

/// With an exponent of 1 the padded digest is its own signature.
#[test]
fn a_signature_that_anybody_can_write_is_none() {
    let modulus = || {
        let mut modulus = BigNum::new().unwrap();
        modulus.set_bit(2047).unwrap();
        modulus.set_bit(0).unwrap();
        modulus
    };
    let number = |value| BigNum::from_u32(value).unwrap();
    let trivial = RsaPrivateKeyBuilder::new(modulus(), number(1), number(1)).unwrap().build();
    let trivial = anna(|spec| spec.key = PKey::from_rsa(trivial).unwrap());
    let genuine = anna(|spec| spec.key = key(KeyType::Rsa));
    let signature = Signature { with_attributes: false, ..Signature::by(&genuine) };
    let mut data = SignedData::detached(&signature, ENTITY.as_bytes());
    let info = &mut data.signer_infos[0];
    let digest = openssl::sha::sha256(ENTITY.as_bytes());
    let digest_info = der::sequence(&[
        &der::sequence(&[&der::oid("2.16.840.1.101.3.4.2.1"), &der::null()]),
        &der::octets(&digest),
    ]);
    let filled = 256 - 3 - digest_info.len();
    let padded = [&[0, 1][..], &vec![0xFF; filled], &[0], &digest_info].concat();
    let value_at = info.len() - 256;
    info[value_at..].copy_from_slice(&padded);
    let serial = |identity: &Identity| {
        der::tlv(0x02, &hex::decode(identity.certificate.parse().unwrap().serial).unwrap())
    };
    let (old, new) = (serial(&genuine), serial(&trivial));
    assert_eq!(old.len(), new.len());
    let serial_at = info.windows(old.len()).position(|window| window == old).unwrap();
    info[serial_at..serial_at + new.len()].copy_from_slice(&new);
    data.certificates = vec![trivial.certificate.0];
    assert_eq!(
        problems(&multipart_signed(&header(FROM_ANNA), ENTITY, &data.der())),
        ["unsupported-algorithm"]
    );
}

/// The address that is compared is the one that Email/get shows, and other readers see no other one.
#[test]
fn from_is_what_is_shown() {
    let padding = " ".repeat(300_000);
    for (value, expected) in [
        ("anna@example.org\u{85}".to_owned(), "ambiguous-from no-address"),
        ("anna@exam\u{85}ple.org".to_owned(), "ambiguous-from no-address"),
        (format!("anna@example.org{padding}, boss@example.org"), "ambiguous-from no-address"),
        (format!("anna@example.org,{padding}boss@example.org"), "ambiguous-from no-address"),
        ("anna@example.org.".to_owned(), "from-mismatch"),
        ("anna@e\u{445}ample.org".to_owned(), "from-mismatch"),
        ("boss@example.org <anna@example.org>, <>".to_owned(), "ambiguous-from several-mailboxes"),
        ("<@anna.example,@example.org:boss@example.org>".to_owned(), "ambiguous-from several-mailboxes"),
        ("\"anna@example.org\"@example.com".to_owned(), "from-mismatch"),
        ("<anna@example.org,boss@example.org>".to_owned(), "ambiguous-from several-mailboxes"),
        ("\"anna@example.org\" <boss@example.org> (anna@example.org)".to_owned(), "from-mismatch"),
    ] {
        let raw = multipart_signed(&header(&value), ENTITY, &cms());
        let shown = Summary::of(&Message::parse(&raw).unwrap()).from;
        assert_eq!(problems(&raw).join(","), expected, "{shown:?}");
    }
}

#[test]
fn certificates_for_something_else_sign_no_mail() {
    let garbled = |oid, value: Vec<u8>| {
        anna(|spec| {
            (spec.key_usage, spec.extended_key_usage) = (None, vec![]);
            spec.extensions.push((oid, false, value));
        })
    };
    for leaf in [
        garbled("2.5.29.37", der::null()),
        garbled("2.5.29.37", der::sequence(&[])),
        garbled("2.5.29.15", der::null()),
        garbled("2.5.29.15", der::bits(&[0])),
        garbled("2.5.29.19", der::null()),
        anna(|spec| {
            spec.extensions.push(("2.5.29.37", false, der::sequence(&[&der::oid("1.3.6.1.5.5.7.3.4")])))
        }),
    ] {
        assert!(!rejected(&verdict(&leaf, &[], vec![])).is_empty());
    }
}

/// Constraints on mail addresses bind every place where a certificate may have one.
#[test]
fn no_address_escapes_the_constraints_on_names() {
    let mut spec = authority("Constrained");
    let permitted = der::sequence(&[&der::context(0, &der::sequence(&[&der::tlv(0x81, b"example.com")]))]);
    spec.extensions.push(("2.5.29.30", true, permitted));
    let constrained = spec.issued_by(&ROOT);
    let mut within = person("Anna", KeyType::P256, &["anna@example.com"]);
    assert_eq!(verdict(&within.clone().issued_by(&constrained), &[&constrained], vec![]).problems, []);
    within.utf8_addresses = vec!["änna@example.org".to_owned()];
    let mut in_subject = person("Anna", KeyType::P256, &[]);
    in_subject.subject = name("Anna", Some("anna@example.org"));
    for spec in [person("Anna", KeyType::P256, &["anna@example.org"]), within, in_subject] {
        let leaf = spec.issued_by(&constrained);
        assert_eq!(rejected(&verdict(&leaf, &[&constrained], vec![])), ["name-constraints"]);
    }
}

#[test]
fn an_entry_that_cannot_be_read_revokes_all_the_same() {
    let spec = person("Anna", KeyType::P256, &["anna@example.org"]);
    let serial = spec.serial;
    let leaf = spec.issued_by(&ROOT);
    let dates = (at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let crl = ROOT.crl(dates.0, dates.1, &[(serial, at("2025-11-05T00:00:00Z"), vec![])]);
    let garbled = resigned(&crl, &der::time(at("2025-11-05T00:00:00Z")), &der::tlv(0x17, b"2025-11-05 00"));
    assert!(verdict(&leaf, &[], vec![crl]).good.contains(at("2025-11-04T00:00:00Z")));
    assert_eq!(rejected(&verdict(&leaf, &[], vec![garbled])), ["certificate-revoked"]);
}

/// The same CRL of the root's with one element in place of another of the same length.
fn resigned(crl: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let length = |at: usize| match crl[at + 1] {
        0x81 => 3 + usize::from(crl[at + 2]),
        0x82 => 4 + (usize::from(crl[at + 2]) << 8) + usize::from(crl[at + 3]),
        short => 2 + usize::from(short),
    };
    let tbs_at = if crl[1] == 0x82 { 4 } else { 3 };
    let mut tbs = crl[tbs_at..tbs_at + length(tbs_at)].to_vec();
    let at = tbs.windows(old.len()).position(|window| window == old).unwrap();
    tbs[at..at + new.len()].copy_from_slice(new);
    let algorithm = der::sequence(&[&der::oid("1.2.840.10045.4.3.2")]);
    let value = crate::support::pki::sign(&ROOT.key, &tbs);
    der::sequence(&[&tbs, &algorithm, &der::bits(&value)])
}

/// Long names cost time to compare: many certificates on a chain of long names, and SignerInfos that may mean any.
#[test]
fn long_names_are_compared_in_time() {
    let long = |number: usize| name(&format!("{number} {}", "Ä".repeat(5_000)), None);
    let certificates: Vec<_> = (0..200)
        .map(|number| {
            let mut issuer = ROOT.clone();
            let mut above = authority("Above");
            (above.subject, above.key) = (long(number + 1), ROOT.key.clone());
            issuer.certificate = above.self_signed().certificate;
            let mut spec = authority("Link");
            (spec.subject, spec.key, spec.serial) = (long(number), ROOT.key.clone(), 7);
            spec.issued_by(&issuer).certificate.0
        })
        .collect();
    let mut above = authority("Above");
    (above.subject, above.key) = (long(0), ROOT.key.clone());
    let leaf = person("Anna", KeyType::P256, &["anna@example.org"]).issued_by(&above.self_signed());
    let mut data = SignedData::detached(&Signature::by(&leaf), ENTITY.as_bytes());
    data.certificates.extend(certificates);
    data.signer_infos = vec![data.signer_infos[0].clone(); 16];
    let raw = multipart_signed(&header(FROM_ANNA), ENTITY, &data.der());
    let start = worked();
    let found = facts(&raw);
    let signers = (0..found.signers.len()).filter(|index| signer_material(&found, *index).is_some()).count();
    assert_eq!(signers, 16);
    let took = worked() - start;
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// For how long this thread has worked, however many others wanted the processor; where the system does not tell, for
/// how long it has been there.
fn worked() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let by_the_clock = START.elapsed();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds =
        told.as_deref().and_then(|told| told.split(' ').next()).and_then(|first| first.parse().ok());
    nanoseconds.map_or(by_the_clock, Duration::from_nanos)
}

/// What one sender's message leaves behind is read for others too: none of it is large.
#[test]
fn certificates_and_lists_that_are_large_are_left_behind() {
    let mut spec = authority("Large");
    spec.extensions.push(("1.2.3.4", false, vec![0; 300 << 10]));
    let mut data = SignedData::detached(&Signature::by(&ANNA), ENTITY.as_bytes());
    data.certificates.push(spec.self_signed().certificate.0);
    let entry = |serial| (serial, at("2025-11-05T00:00:00Z"), vec![("1.2.3.4", vec![0; 2 << 20])]);
    data.crls.push(ROOT.crl(at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), &[entry(1)]));
    let found = facts(&multipart_signed(&header(FROM_ANNA), ENTITY, &data.der()));
    assert_eq!((found.problems.len(), found.certificates.len(), found.crls.len()), (0, 0, 0));
}
