//! The two clocks: what holds now, and what held at a delivery.

use signet::smime::Intervals;

use super::*;

#[test]
fn a_chain_is_good_while_all_of_it_is_valid() {
    let world = World::new();
    let mut spec = anna();
    spec.not_before = at("2024-01-01T00:00:00Z");
    spec.not_after = at("2025-06-01T00:00:00Z");
    let verdict = world.verdict(&spec.issued_by(&world.authority).certificate, NOW);
    // notAfter is valid to the last second of it.
    assert_eq!(verdict.good, between("2024-01-01T00:00:00Z", "2025-06-01T00:00:01Z"));
    assert!(verdict.good.contains(at("2025-06-01T00:00:00Z")));
    assert!(!verdict.good.contains(at("2023-12-31T23:59:59Z")));
    assert_eq!(verdict.problems[0].code, Code::CertificateExpired);
}

#[test]
fn the_last_second_of_validity_counts_now_too() {
    let world = World::new();
    let mut spec = anna();
    spec.not_after = at("2026-06-01T00:00:00Z");
    let leaf = spec.issued_by(&world.authority).certificate;
    assert_eq!(world.verdict(&leaf, "2026-06-01T00:00:00Z").problems, []);
    assert_eq!(world.verdict(&leaf, "2026-06-01T00:00:01Z").problems.len(), 1);
}

#[test]
fn a_revocation_counts_from_its_date() {
    let (world, leaf) = revoked(vec![reason(4)]);
    let verdict = world.verdict(&leaf, NOW);
    assert_eq!(verdict.good, between("2020-01-01T00:00:00Z", "2025-11-05T00:00:00Z"));
    assert_eq!(verdict.undetermined.0, []);
}

#[test]
fn a_compromise_counts_from_its_invalidity_date() {
    let invalidity = ("2.5.29.24", der::generalized_time(at("2025-03-01T00:00:00Z")));
    let (world, leaf) = revoked(vec![reason(1), invalidity.clone()]);
    let verdict = world.verdict(&leaf, NOW);
    assert_eq!(verdict.good, between("2020-01-01T00:00:00Z", "2025-03-01T00:00:00Z"));
    assert_eq!(parameter(&verdict.problems[0], "invalidityDate"), "2025-03-01T00:00:00Z");

    // Superseded: what was signed before the revocation stays good.
    let (world, leaf) = revoked(vec![reason(4), invalidity]);
    assert_eq!(world.verdict(&leaf, NOW).good, between("2020-01-01T00:00:00Z", "2025-11-05T00:00:00Z"));
}

#[test]
fn out_of_date_evidence_reaches_up_to_its_next_update() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority).certificate;
    let crl = crl(&world.authority, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", &[]);
    let verdict = world.with_crl(crl).verdict(&leaf, NOW);
    assert_eq!(verdict.problems[0].code, Code::RevocationExpired);
    assert_eq!(verdict.good, between("2020-01-01T00:00:00Z", "2025-02-01T00:00:00Z"));
    assert_eq!(verdict.undetermined, between("2025-02-01T00:00:00Z", "2040-01-01T00:00:01Z"));
}

#[test]
fn newer_evidence_is_good_for_an_earlier_delivery_but_not_for_an_earlier_now() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority).certificate;
    let crl = current_crl(&world.authority, &[]);
    let verdict = world.with_crl(crl).verdict(&leaf, "2025-06-01T00:00:00Z");
    assert_eq!(verdict.problems[0].code, Code::RevocationUnavailable);
    assert!(verdict.good.contains(at("2025-06-01T00:00:00Z")));
}

#[test]
fn missing_evidence_leaves_deliveries_undetermined() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority).certificate;
    let verdict = world.verdict(&leaf, NOW);
    assert_eq!(verdict.good.0, []);
    assert_eq!(verdict.undetermined, between("2020-01-01T00:00:00Z", "2040-01-01T00:00:01Z"));
}

#[test]
fn what_is_wrong_for_good_is_not_undetermined() {
    let world = World::new();
    let mut spec = anna_with_source();
    spec.key_usage = Some(0x20);
    let verdict = world.verdict(&spec.issued_by(&world.authority).certificate, NOW);
    assert_eq!((verdict.good.0, verdict.undetermined.0), (vec![], vec![]));
}

#[test]
fn a_verdict_expires_within_a_day() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority).certificate;
    assert_eq!(world.verdict(&leaf, NOW).expires_at, at("2026-01-02T12:00:00Z"));
}

#[test]
fn a_verdict_expires_when_a_certificate_begins_or_ends() {
    let world = World::new();
    let mut spec = anna();
    spec.not_before = at("2026-01-01T15:00:00Z");
    spec.not_after = at("2026-01-01T18:00:00Z");
    let leaf = spec.issued_by(&world.authority).certificate;
    assert_eq!(world.verdict(&leaf, NOW).expires_at, at("2026-01-01T15:00:00Z"));
    assert_eq!(world.verdict(&leaf, "2026-01-01T15:00:00Z").expires_at, at("2026-01-01T18:00:01Z"));
    assert_eq!(world.verdict(&leaf, "2026-01-01T18:00:01Z").expires_at, at("2026-01-02T18:00:01Z"));
}

#[test]
fn a_verdict_expires_with_its_evidence_and_at_a_revocation_to_come() {
    let world = World::new();
    let spec = anna();
    let entry = (spec.serial, "2026-01-01T13:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority).certificate;
    let crl = crl(&world.authority, "2025-12-01T00:00:00Z", "2026-01-01T14:00:00Z", &[entry]);
    let world = world.with_crl(crl);
    assert_eq!(world.verdict(&leaf, NOW).expires_at, at("2026-01-01T13:00:00Z"));
    assert_eq!(world.verdict(&leaf, NOW).problems, []);
    let later = world.verdict(&leaf, "2026-01-01T13:00:00Z");
    assert_eq!(later.expires_at, at("2026-01-01T14:00:00Z"));
    assert_eq!(later.problems[0].code, Code::CertificateRevoked);
}

/// Anna, revoked on the fifth of November 2025.
fn revoked(extensions: Vec<(&'static str, Vec<u8>)>) -> (World, Certificate) {
    let world = World::new();
    let spec = anna();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", extensions);
    let leaf = spec.issued_by(&world.authority).certificate;
    let crl = current_crl(&world.authority, &[entry]);
    (world.with_crl(crl), leaf)
}

fn between(from: &str, to: &str) -> Intervals {
    Intervals(vec![(Some(at(from)), Some(at(to)))])
}
