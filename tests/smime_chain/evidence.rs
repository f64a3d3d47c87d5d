//! Evidence of revocation: when it is wanted, and whose is believed.

use super::*;

#[test]
fn what_each_policy_wants() {
    let world = World::new();
    let silent = anna().issued_by(&world.authority);
    let naming = anna_with_source().issued_by(&world.authority);
    for (revocation, of_silent, of_naming) in [
        (Revocation::Hard, 2, 2),
        (Revocation::Named, 0, 1),
        (Revocation::Soft, 0, 0),
        (Revocation::Off, 0, 0),
    ] {
        let world = World {
            policy: Policy { revocation, ..Policy::default() },
            ..World::of(world.root.clone(), world.authority.clone())
        };
        assert_eq!(world.codes(&silent), vec![Code::RevocationUnavailable; of_silent], "{revocation:?}");
        assert_eq!(world.codes(&naming), vec![Code::RevocationUnavailable; of_naming], "{revocation:?}");
    }
}

#[test]
fn evidence_of_every_certificate_satisfies_the_hardest() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority);
    let (of_root, of_authority) = (current_crl(&world.root, &[]), current_crl(&world.authority, &[]));
    let world = world.with_crl(of_authority).asking(Revocation::Hard);
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    assert_eq!(world.with_crl(of_root).codes(&leaf), []);
}

#[test]
fn a_revocation_that_is_known_counts_in_all_policies_but_off() {
    let world = World::new();
    let spec = anna();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let crl = current_crl(&world.authority, &[entry]);
    let world = world.with_crl(crl);
    let world = world.asking(Revocation::Soft);
    assert_eq!(world.codes(&leaf), [Code::CertificateRevoked]);
    assert_eq!(world.asking(Revocation::Off).codes(&leaf), []);
}

#[test]
fn missing_evidence_is_told_with_its_source() {
    let world = World::new();
    let problems = world.problems(&anna_with_source().issued_by(&world.authority));
    assert_eq!(parameter(&problems[0], "url"), URL);
    assert_eq!(parameter(&problems[0], "kind"), "crl");

    let mut spec = anna();
    let responder = der::tlv(0x86, b"http://ocsp.example.org/");
    let access = der::sequence(&[&der::sequence(&[&der::oid("1.3.6.1.5.5.7.48.1"), &responder])]);
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, access));
    let problems = world.problems(&spec.issued_by(&world.authority));
    assert_eq!(parameter(&problems[0], "url"), "http://ocsp.example.org/");
    assert_eq!(parameter(&problems[0], "kind"), "ocsp");
}

#[test]
fn a_forged_list_neither_hides_the_good_one_nor_revokes() {
    let world = World::new();
    let spec = anna_with_source();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let imposter = pki::authority("Authority").self_signed();
    let forged = crl(&imposter, "2025-12-31T00:00:00Z", "2030-01-01T00:00:00Z", &[entry]);
    let genuine = current_crl(&world.authority, &[]);
    let world = world.with_crl(forged);
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    assert_eq!(world.with_crl(genuine).codes(&leaf), []);
}

#[test]
fn a_forged_list_is_not_believed_for_its_forged_issuer() {
    let world = World::new();
    let spec = anna_with_source();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let imposter = pki::authority("Authority").self_signed();
    let forged = current_crl(&imposter, &[entry]);
    let mut world = world.with_crl(forged);
    world.material.intermediates.push(imposter.certificate);
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
}

#[test]
fn a_list_signed_with_another_key_of_the_issuer_is_believed() {
    let world = World::new();
    let mut spec = pki::authority("Authority");
    spec.is_ca = false;
    // cRLSign
    spec.key_usage = Some(0x02);
    let signer = spec.issued_by(&world.root);
    let leaf = anna_with_source().issued_by(&world.authority);
    let mut world = world.with_crl(current_crl(&signer, &[]));
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    world.material.intermediates.push(signer.certificate);
    assert_eq!(world.codes(&leaf), []);
}

#[test]
fn an_authority_that_may_not_sign_lists_is_not_believed() {
    let root = pki::authority("Root").self_signed();
    let mut spec = pki::authority("Authority");
    // keyCertSign
    spec.key_usage = Some(0x04);
    let authority = spec.issued_by(&root);
    let world = World::of(root, authority);
    let leaf = anna_with_source().issued_by(&world.authority);
    let crl = current_crl(&world.authority, &[]);
    assert_eq!(world.with_crl(crl).codes(&leaf), [Code::RevocationUnavailable]);
}

#[test]
fn a_hold_is_lifted_by_newer_evidence_and_a_revocation_is_not() {
    for (code, expected) in [(6, vec![]), (4, vec![Code::CertificateRevoked])] {
        let world = World::new();
        let spec = anna();
        let entry = (spec.serial, "2025-10-05T00:00:00Z", vec![reason(code)]);
        let leaf = spec.issued_by(&world.authority);
        let older = crl(&world.authority, "2025-10-06T00:00:00Z", "2025-11-06T00:00:00Z", &[entry]);
        let newer = current_crl(&world.authority, &[]);
        let world = world.with_crl(older);
        assert_eq!(world.codes(&leaf), [Code::CertificateRevoked]);
        assert_eq!(world.with_crl(newer).codes(&leaf), expected);
    }
}

#[test]
fn garbage_among_the_lists_does_no_harm() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority);
    let genuine = current_crl(&world.authority, &[]);
    let mut cut = genuine.clone();
    cut.truncate(genuine.len() / 2);
    let world = world.with_crl(cut).with_crl(vec![0x30, 0x80]).with_crl(Vec::new()).with_crl(genuine);
    assert_eq!(world.codes(&leaf), []);
}
