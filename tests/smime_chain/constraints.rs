//! Constraints on names that are no mail addresses, on certificates of people (RFC 5280 §4.2.1.10).

use super::*;

fn is_allowed(permitted: &[Vec<u8>], excluded: &[Vec<u8>], change: impl FnOnce(&mut Spec)) -> bool {
    let world = World::with_authority(|spec| spec.extensions.push(name_constraints(permitted, excluded)));
    let words = world.words(&world.anna(change));
    assert!(words.is_empty() || words == ["name-constraints"], "{words:?}");
    words.is_empty()
}

/// Whether a further name in the subjectAltName is within the subtree, which permitted and excluded must agree about.
fn is_within(base: &[u8], name: &[u8]) -> bool {
    let beside = |spec: &mut Spec| {
        let address = der::tlv(0x81, b"anna@example.org");
        spec.addresses.clear();
        spec.extensions.push(alternative_names(&[address, name.to_vec()]));
    };
    let is_permitted = is_allowed(&[base.to_vec()], &[], beside);
    assert_eq!(!is_allowed(&[], &[base.to_vec()], beside), is_permitted);
    is_permitted
}

/// A name of attributes: the last octet of the type under 2.5.4, the string's tag, the value.
fn directory(attributes: &[(u8, u8, &str)]) -> Vec<u8> {
    let rdns: Vec<u8> = attributes
        .iter()
        .flat_map(|(kind, tag, value)| {
            let oid = der::oid(&format!("2.5.4.{kind}"));
            der::set(&[&der::sequence(&[&oid, &der::tlv(*tag, value.as_bytes())])])
        })
        .collect();
    der::tlv(0x30, &rdns)
}

fn directory_base(attributes: &[(u8, u8, &str)]) -> Vec<u8> {
    der::context(4, &directory(attributes))
}

#[test]
fn the_subject_lies_within_its_directory() {
    let base = [directory_base(&[(6, 0x13, "DE"), (10, 0x13, "Good Bank")])];
    for (subject, expected) in [
        (&[(6, 0x13, "DE"), (10, 0x13, "Good Bank"), (3, 0x0C, "Anna")][..], true),
        (&[(6, 0x13, "DE"), (10, 0x13, "Good Bank")], true),
        // Case, spaces and string types mean nothing (RFC 5280 §7.1).
        (&[(6, 0x13, "de"), (10, 0x0C, "good  BANK"), (3, 0x0C, "Anna")], true),
        (&[(6, 0x13, "DE"), (10, 0x13, "Good Bank Two"), (3, 0x0C, "Anna")], false),
        (&[(10, 0x13, "Good Bank"), (6, 0x13, "DE"), (3, 0x0C, "Anna")], false),
        (&[(3, 0x0C, "Anna")], false),
    ] {
        let spec = |spec: &mut Spec| spec.subject = directory(subject);
        assert_eq!(is_allowed(&base, &[], spec), expected, "permitted {subject:?}");
        assert_eq!(!is_allowed(&[], &base, spec), expected, "excluded {subject:?}");
    }
}

#[test]
fn a_directory_name_beside_the_subject_is_bound_as_well() {
    let base = directory_base(&[(10, 0x13, "Good Bank")]);
    let name = directory_base(&[(10, 0x0C, "Evil Bank")]);
    let subject = |spec: &mut Spec| {
        spec.subject = directory(&[(10, 0x13, "Good Bank"), (3, 0x0C, "Anna")]);
        spec.addresses.clear();
        spec.extensions.push(alternative_names(&[der::tlv(0x81, b"anna@example.org"), name]));
    };
    assert!(!is_allowed(&[base], &[], subject));
}

#[test]
fn host_names_lie_within_their_domain() {
    let dns = |name: &str| der::tlv(0x82, name.as_bytes());
    for (base, name, expected) in [
        ("example.org", "example.org", true),
        ("example.org", "MAIL.Example.ORG", true),
        ("example.org", "notexample.org", false),
        (".example.org", "mail.example.org", true),
        ("", "mail.example.org", true),
    ] {
        assert_eq!(is_within(&dns(base), &dns(name)), expected, "{name} in {base:?}");
    }
}

/// A person's common name may look like a host name and is none: people are no web servers.
#[test]
fn constraints_on_host_names_leave_mail_and_common_names_alone() {
    let dns = der::tlv(0x82, b"example.org");
    for name in ["Anna", "anna.mueller", "www.example.com"] {
        let subject = |spec: &mut Spec| spec.subject = pki::name(name, None);
        assert!(is_allowed(std::slice::from_ref(&dns), &[], subject), "{name}");
        assert!(is_allowed(&[], &[der::tlv(0x82, b"example.com")], subject), "{name}");
    }
}

#[test]
fn constraints_on_mail_leave_other_names_alone() {
    let base = [der::tlv(0x81, b"example.org")];
    let names = [der::tlv(0x81, b"anna@example.org"), der::tlv(0x82, b"www.example.com")];
    let subject = |spec: &mut Spec| {
        spec.addresses.clear();
        spec.extensions.push(alternative_names(&names));
    };
    assert!(is_allowed(&base, &[], subject));
}

#[test]
fn uris_go_by_their_host() {
    let uri = |name: &str| der::tlv(0x86, name.as_bytes());
    for (base, name, expected) in [
        ("host.example.org", "https://host.example.org/anna", true),
        ("host.example.org", "https://HOST.example.org:8443/anna", true),
        ("host.example.org", "https://www.host.example.org/", false),
        (".example.org", "https://host.example.org/", true),
        (".example.org", "https://example.org/", false),
    ] {
        assert_eq!(is_within(&uri(base), &uri(name)), expected, "{name} in {base:?}");
    }
    // The host stands behind the user, before the port, the path and the query.
    assert!(!is_allowed(&[uri(".example.org")], &[], with_uri("https://a.example.org@evil.example/")));
    assert!(!is_allowed(&[uri(".example.org")], &[], with_uri("https://evil.example/?.example.org")));
}

/// RFC 5280 §4.2.1.10: a URI without a host name must be refused where there is a constraint on URIs.
#[test]
fn a_uri_without_a_host_name_is_refused_by_any_constraint() {
    let base = [der::tlv(0x86, b".example.org")];
    for uri in ["urn:anna", "https://192.0.2.1/", "https://[2001:db8::1]/", "https:///anna"] {
        assert!(!is_allowed(&base, &[], with_uri(uri)), "{uri}");
        assert!(!is_allowed(&[], &base, with_uri(uri)), "{uri}");
    }
}

fn with_uri(uri: &str) -> impl Fn(&mut Spec) + '_ {
    move |spec| {
        spec.addresses.clear();
        let names = [der::tlv(0x81, b"anna@example.org"), der::tlv(0x86, uri.as_bytes())];
        spec.extensions.push(alternative_names(&names));
    }
}

#[test]
fn addresses_lie_within_their_network() {
    let network = der::tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0]);
    assert!(is_within(&network, &der::tlv(0x87, &[192, 0, 2, 7])));
    assert!(!is_within(&network, &der::tlv(0x87, &[192, 0, 3, 7])));
    assert!(!is_within(&network, &der::tlv(0x87, &[0x20; 16])));
}

/// RFC 5280 §4.2.1.10: what cannot be compared must be refused, and does not matter where there is no such name.
#[test]
fn a_constraint_that_nobody_can_apply_refuses_names_of_its_kind_alone() {
    // An otherName that says nothing to us, such as a principal's name.
    let value = [der::oid("1.3.6.1.4.1.311.20.2.3"), der::context(0, &der::utf8("anna"))].concat();
    let other = der::context(0, &value);
    let with_other = |spec: &mut Spec| {
        spec.addresses.clear();
        spec.extensions.push(alternative_names(&[der::tlv(0x81, b"anna@example.org"), other.clone()]));
    };
    assert!(!is_allowed(&[], std::slice::from_ref(&other), with_other));
    assert!(is_allowed(&[], std::slice::from_ref(&other), |_| {}));
}

/// Constraints bind self-issued certificates on the way only if they are the leaf (RFC 5280 §6.1.3 (b)).
#[test]
fn a_renewed_key_of_the_same_authority_is_not_bound() {
    let root = pki::authority("Root").self_signed();
    let mut old = pki::authority("Authority");
    let base = der::context(4, &pki::name("Anna", None));
    old.extensions.push(name_constraints(&[base], &[]));
    let old = old.issued_by(&root);
    let new = pki::authority("Authority").issued_by(&old);
    let mut world = World::of(root, new);
    world.material.intermediates.push(old.certificate);
    assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
    let other = world.anna(|spec| spec.subject = pki::name("Berta", None));
    assert_eq!(world.words(&other), ["name-constraints"]);
}
