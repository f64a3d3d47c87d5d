//! Single fields of certificates, as the standards allow them and as nobody should write them.

use super::*;

/// A critical extension that nobody knows.
fn unknown(critical: bool) -> (&'static str, bool, Vec<u8>) {
    ("1.3.6.1.4.1.99999.1", critical, der::null())
}

/// RFC 5280 §4.2.
#[test]
fn an_unknown_extension_matters_if_it_is_critical() {
    let world = World::new();
    assert_eq!(world.words(&world.anna(|spec| spec.extensions.push(unknown(true)))), ["critical-extension"]);
    assert_eq!(world.words(&world.anna(|spec| spec.extensions.push(unknown(false)))), [""; 0]);
    let world = World::with_authority(|spec| spec.extensions.push(unknown(false)));
    assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
}

/// RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular extension." Readers differ in
/// which one they see.
#[test]
fn an_extension_that_occurs_twice_breaks_the_chain() {
    let usage = |bits: u8| ("2.5.29.15", true, der::tlv(0x03, &[bits.trailing_zeros() as u8, bits]));
    let purpose = |oid: &str| ("2.5.29.37", false, der::sequence(&[&der::oid(oid)]));
    let names = || alternative_names(&[der::tlv(0x81, b"boss@example.org")]);
    let world = World::new();
    for again in
        [usage(0x80), usage(0x20), purpose("1.3.6.1.5.5.7.3.4"), purpose("1.3.6.1.5.5.7.3.1"), names()]
    {
        let words = world.words(&world.anna(|spec| spec.extensions.push(again.clone())));
        assert!(words.contains(&"extension".to_owned()), "{again:?}: {words:?}");
    }
    let twice = world.anna(|spec| spec.extensions = vec![unknown(false), unknown(false)]);
    assert_eq!(world.words(&twice), ["extension"]);

    let world = World::with_authority(|spec| {
        let constraints = der::sequence(&[&der::boolean(true)]);
        spec.extensions.push(("2.5.29.19", true, constraints));
    });
    assert!(world.words(&world.anna(|_| {})).contains(&"extension".to_owned()));
}

/// What forbids something must be readable, or else it might be overlooked.
#[test]
fn an_extension_that_cannot_be_read_breaks_the_chain_if_it_decides_something() {
    let world = World::new();
    let garbage = vec![0x30, 0x05, 0x01];
    for (oid, critical) in [
        ("2.5.29.15", true),
        ("2.5.29.15", false),
        ("2.5.29.37", false),
        ("2.5.29.17", false),
        ("2.5.29.19", false),
    ] {
        let leaf = world.anna(|spec| {
            match oid {
                "2.5.29.15" => spec.key_usage = None,
                "2.5.29.37" => spec.extended_key_usage.clear(),
                _ => spec.addresses.clear(),
            }
            spec.extensions.push((oid, critical, garbage.clone()));
        });
        assert!(!world.words(&leaf).is_empty(), "{oid} {critical}");
    }
    let world = World::with_authority(|spec| spec.extensions.push(("2.5.29.30", false, garbage.clone())));
    assert!(!world.words(&world.anna(|_| {})).is_empty());
    // Of no meaning to us, whatever it contains.
    let world = World::new();
    let odd = ("1.3.6.1.4.1.99999.1", false, garbage);
    assert_eq!(world.words(&world.anna(|spec| spec.extensions.push(odd))), [""; 0]);
}

#[test]
fn an_authority_for_any_purpose_is_one_for_mail() {
    for purposes in [&["2.5.29.37.0"][..], &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4"]] {
        let world = World::with_authority(|spec| spec.extended_key_usage = purposes.to_vec());
        assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
    }
}

/// RFC 5280 §6.1.4 (n): keyUsage binds if it is present.
#[test]
fn an_authority_without_key_usage_may_sign_certificates() {
    let world = World::with_authority(|spec| spec.key_usage = None);
    assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
}

/// RFC 5280 §6.1.4 (k): nothing in a certificate of version 1 says that it is an authority's.
#[test]
fn a_version_one_certificate_is_no_authority_unless_it_is_the_anchor() {
    let world = World::with_authority(|spec| spec.is_v1 = true);
    assert_eq!(world.words(&world.anna(|_| {})), ["basic-constraints"]);

    let mut root = pki::authority("Root");
    root.is_v1 = true;
    let root = root.self_signed();
    let authority = pki::authority("Authority").issued_by(&root);
    let world = World::of(root, authority);
    assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
    assert_eq!(world.words(&world.anna(|spec| spec.is_v1 = true)), [""; 0]);
}

/// RFC 5280 §7.1: string types, case and spaces do not make another name.
#[test]
fn an_issuer_is_found_however_its_name_is_written() {
    let name = |tag: u8, text: &str| {
        der::sequence(&[&der::set(&[&der::sequence(&[
            &der::oid("2.5.4.3"),
            &der::tlv(tag, text.as_bytes()),
        ])])])
    };
    let root = pki::authority("Root").self_signed();
    for (subject, issuer) in [
        (name(0x0C, "Good Authority"), name(0x13, "Good Authority")),
        (name(0x13, "Good Authority"), name(0x0C, "good   AUTHORITY ")),
        (name(0x0C, "Gute Behörde"), name(0x0C, "Gute Behörde")),
    ] {
        let mut spec = pki::authority("");
        spec.subject = subject;
        let authority = spec.issued_by(&root);
        let leaf = anna().signed_by(&issuer, &authority.key);
        assert_eq!(World::of(root.clone(), authority).words(&leaf), [""; 0]);
    }
}

#[test]
fn a_name_does_not_end_at_a_nul() {
    let world = World::new();
    let leaf = anna().signed_by(&pki::name("Authority\0 of Evil", None), &world.authority.key);
    assert_eq!(world.words(&leaf), ["issuer-not-found"]);

    let addresses = |address: &str| {
        let leaf = world.anna(|spec| spec.addresses = vec![address.to_owned()]);
        leaf.certificate.parse().unwrap().addresses
    };
    assert_eq!(addresses("anna@example.org\0.evil.example"), ["anna@example.org\0.evil.example"]);
}

/// RFC 5280 §4.1.2.2: numbers up to 20 octets must be handled, and negative ones and zero borne with.
#[test]
fn serial_numbers_of_every_size_are_borne_with_and_told_apart() {
    let numbers: [&[u8]; 6] = [&[0], &[0xFF], &[0, 0xFF], &[0x7F; 20], &[0x7F; 21], &[0x55; 200]];
    for own in numbers {
        let world = World::new();
        let mut spec = anna_with_source();
        spec.odd_serial = Some(own.to_vec());
        let leaf = spec.issued_by(&world.authority);
        for listed in numbers {
            let entry = (listed.to_vec(), at("2025-11-05T00:00:00Z"), vec![]);
            let (from, to) = (at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
            let crl = world.authority.crl_of(from, to, &[entry], &[]);
            let expected = if own == listed { &["certificate-revoked"][..] } else { &[] };
            let words = World::of(world.root.clone(), world.authority.clone()).with_crl(crl).words(&leaf);
            assert_eq!(words, expected, "{own:x?} {listed:x?}");
        }
    }
}
