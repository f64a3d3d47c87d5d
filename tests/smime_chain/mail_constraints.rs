//! Constraints on mail addresses (RFC 5280 §4.2.1.10 and §7.5, RFC 9598 §6).

use super::*;

/// An address in a certificate, by the form in which it stands there.
#[derive(Clone, Copy, Debug)]
enum Address<'a> {
    /// rfc822Name.
    Plain(&'a str),
    /// SmtpUTF8Mailbox.
    Utf8(&'a str),
    /// emailAddress of the subject, without a subjectAltName.
    Subject(&'a str),
    /// emailAddress of the subject beside an rfc822Name that every test here permits.
    SubjectBeside(&'a str, &'a str),
}

use Address::{Plain, Subject, SubjectBeside, Utf8};

fn mail(base: &str) -> Vec<u8> {
    der::tlv(0x81, base.as_bytes())
}

fn holder(address: Address<'_>) -> Spec {
    let mut spec = anna();
    match address {
        Plain(address) => spec.addresses = vec![address.to_owned()],
        Utf8(address) => {
            spec.addresses.clear();
            spec.utf8_addresses = vec![address.to_owned()];
        }
        Subject(address) => {
            spec.addresses.clear();
            spec.subject = pki::name("Anna", Some(address));
        }
        SubjectBeside(address, plain) => {
            spec.addresses = vec![plain.to_owned()];
            spec.subject = pki::name("Anna", Some(address));
        }
    }
    spec
}

fn is_allowed(permitted: &[&str], excluded: &[&str], address: Address<'_>) -> bool {
    let bases = |bases: &[&str]| bases.iter().map(|base| mail(base)).collect::<Vec<_>>();
    let world = World::with_authority(|spec| {
        spec.extensions.push(name_constraints(&bases(permitted), &bases(excluded)));
    });
    let words = world.words(&holder(address).issued_by(&world.authority));
    assert!(words.is_empty() || words == ["name-constraints"], "{words:?}");
    words.is_empty()
}

fn assert_permitted(base: &str, cases: &[(Address<'_>, bool)]) {
    for &(address, expected) in cases {
        assert_eq!(is_allowed(&[base], &[], address), expected, "{address:?} below permitted {base}");
    }
}

fn assert_excluded(base: &str, cases: &[(Address<'_>, bool)]) {
    for &(address, expected) in cases {
        assert_eq!(!is_allowed(&[], &[base], address), expected, "{address:?} below excluded {base}");
    }
}

#[test]
fn a_host_is_all_addresses_at_it_and_none_below() {
    let cases = [
        (Plain("anna@example.org"), true),
        (Plain("anna@EXAMPLE.org"), true),
        (Plain("anna@mail.example.org"), false),
        (Plain("anna@example.org.evil.example"), false),
        (Plain("anna@notexample.org"), false),
        (Subject("anna@example.org"), true),
        (Subject("anna@example.com"), false),
    ];
    assert_permitted("example.org", &cases);
    assert_permitted("EXAMPLE.ORG", &cases);
    assert_excluded("example.org", &cases);
}

#[test]
fn a_leading_dot_is_all_hosts_below_and_not_the_domain_itself() {
    let cases = [
        (Plain("anna@mail.example.org"), true),
        (Plain("anna@a.b.Example.Org"), true),
        (Plain("anna@example.org"), false),
        (Plain("anna@notexample.org"), false),
        (Subject("anna@mail.example.org"), true),
    ];
    assert_permitted(".example.org", &cases);
    assert_excluded(".example.org", &cases);
}

#[test]
fn a_mailbox_is_permitted_to_the_letter_and_its_host_in_any_case() {
    assert_permitted(
        "anna@example.org",
        &[
            (Plain("anna@example.org"), true),
            (Plain("anna@EXAMPLE.ORG"), true),
            (Plain("Anna@example.org"), false),
            (Plain("berta@example.org"), false),
            (Plain("anna@mail.example.org"), false),
            (Subject("anna@example.org"), true),
        ],
    );
}

/// From is compared without regard to case, quotes and spelling of the domain (RFC 8550 §3), so whoever is excluded must
/// not come back in another spelling.
#[test]
fn a_mailbox_is_excluded_in_every_spelling() {
    assert_excluded(
        "anna@example.org",
        &[
            (Plain("anna@example.org"), true),
            (Plain("ANNA@example.org"), true),
            (Plain("\"anna\"@example.org"), true),
            (Plain("\"a\\nna\"@example.org"), true),
            (Plain("anna@example.org."), true),
            (Utf8("anna@example.org"), true),
            (Subject("Anna@Example.Org"), true),
            (Plain("berta@example.org"), false),
        ],
    );
}

#[test]
fn excluded_counts_more_than_permitted() {
    let (permitted, excluded) = (["example.org", ".example.org"], ["secret.example.org"]);
    assert!(is_allowed(&permitted, &excluded, Plain("anna@example.org")));
    assert!(is_allowed(&permitted, &excluded, Plain("anna@mail.example.org")));
    assert!(!is_allowed(&permitted, &excluded, Plain("anna@secret.example.org")));
}

#[test]
fn several_permitted_subtrees_are_alternatives() {
    for (address, expected) in
        [("anna@example.org", true), ("anna@example.com", true), ("anna@example.net", false)]
    {
        assert_eq!(is_allowed(&["example.org", "example.com"], &[], Plain(address)), expected);
    }
}

#[test]
fn every_address_of_a_certificate_must_be_permitted() {
    let world = World::with_authority(|spec| {
        spec.extensions.push(name_constraints(&[mail("example.org")], &[]));
    });
    let leaf = world.anna(|spec| spec.addresses.push("boss@example.com".to_owned()));
    assert_eq!(world.words(&leaf), ["name-constraints"]);
}

/// RFC 5280 wants emailAddress judged where there is no subjectAltName. We judge it always, because From may equal it.
#[test]
fn an_address_in_the_subject_counts_beside_other_names_too() {
    assert_permitted(
        "example.org",
        &[
            (SubjectBeside("anna@example.org", "anna@example.org"), true),
            (SubjectBeside("boss@example.com", "anna@example.org"), false),
        ],
    );
}

#[test]
fn domains_are_the_same_in_both_spellings() {
    let cases = [
        (Plain("anna@xn--mller-kva.example"), true),
        (Plain("anna@XN--MLLER-KVA.example"), true),
        (Utf8("änna@müller.example"), true),
        (Utf8("änna@MÜLLER.example"), true),
        // RFC 9598 §3 wants A-labels, RFC 8398 §3 wanted U-labels.
        (Utf8("änna@xn--mller-kva.example"), true),
        (Utf8("änna@mueller.example"), false),
        (Utf8("änna@sub.müller.example"), false),
    ];
    assert_permitted("xn--mller-kva.example", &cases);
    assert_excluded("xn--mller-kva.example", &cases);
    let below = [
        (Utf8("änna@sub.müller.example"), true),
        (Utf8("änna@sub.xn--mller-kva.example"), true),
        (Utf8("änna@müller.example"), false),
    ];
    assert_permitted(".xn--mller-kva.example", &below);
    assert_excluded(".xn--mller-kva.example", &below);
}

#[test]
fn an_internationalised_mailbox_is_bound_by_plain_constraints() {
    let cases = [(Utf8("änna@example.org"), true), (Utf8("änna@example.com"), false)];
    assert_permitted("example.org", &cases);
    assert_excluded("example.org", &cases);
    // RFC 8398 §6: a constraint on a mailbox cannot name one of these.
    assert_permitted("anna@example.org", &[(Utf8("änna@example.org"), false)]);
    assert_excluded("anna@example.org", &[(Utf8("änna@example.org"), false)]);
}

#[test]
fn what_is_no_address_is_neither_permitted_nor_safe_from_exclusion() {
    for address in [Plain("anna"), Plain("anna@"), Plain("anna@example.org\0.evil.example")] {
        assert!(!is_allowed(&["example.org"], &[], address), "{address:?}");
        assert!(!is_allowed(&[], &["example.com"], address), "{address:?}");
    }
}

#[test]
fn an_empty_subtree_excludes_all_mail() {
    assert!(!is_allowed(&[], &[""], Plain("anna@example.org")));
    assert!(!is_allowed(&[""], &[], Plain("anna@example.org")));
}

#[test]
fn constraints_of_each_authority_above_count() {
    let root = pki::authority("Root").self_signed();
    let mut upper = pki::authority("Upper");
    upper.extensions.push(name_constraints(&[mail("example.org"), mail("example.com")], &[]));
    let upper = upper.issued_by(&root);
    let mut lower = pki::authority("Authority");
    lower.extensions.push(name_constraints(&[mail("example.com"), mail("example.net")], &[]));
    let lower = lower.issued_by(&upper);
    let mut world = World::of(root, lower);
    world.material.intermediates.push(upper.certificate);
    for (address, expected) in
        [("anna@example.com", true), ("anna@example.org", false), ("anna@example.net", false)]
    {
        let leaf = world.anna(|spec| spec.addresses = vec![address.to_owned()]);
        assert_eq!(world.words(&leaf).is_empty(), expected, "{address}");
    }
}

/// More names times subtrees than anybody has: refused, and not compared.
#[test]
fn a_flood_of_names_and_subtrees_is_refused() {
    let bases: Vec<Vec<u8>> = (0..300).map(|at| mail(&format!("h{at}.example"))).collect();
    let world = World::with_authority(|spec| spec.extensions.push(name_constraints(&[], &bases)));
    let leaf = world.anna(|spec| {
        spec.addresses = (0..300).map(|at| format!("a{at}@example.org")).collect();
    });
    assert_eq!(world.words(&leaf), ["name-constraints"]);
    let leaf = world.anna(|spec| spec.addresses.truncate(1));
    assert_eq!(world.words(&leaf), [""; 0]);
}
