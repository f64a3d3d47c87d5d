//! Every code that a chain can give, with its parameters.

use super::*;

#[test]
fn a_good_chain_has_no_problems() {
    let world = World::new();
    assert_eq!(world.codes(&anna().issued_by(&world.authority)), []);
}

#[test]
fn an_expired_certificate() {
    let world = World::new();
    let mut spec = anna();
    spec.not_after = at("2025-06-01T00:00:00Z");
    let problems = world.problems(&spec.issued_by(&world.authority));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::CertificateExpired);
    assert_eq!(parameter(&problems[0], "notAfter"), "2025-06-01T00:00:00Z");
    assert_eq!(parameter(&problems[0], "subject"), "CN=Anna");
}

#[test]
fn a_certificate_that_is_not_valid_yet() {
    let world = World::new();
    let mut spec = anna();
    spec.not_before = at("2026-06-01T00:00:00Z");
    let problems = world.problems(&spec.issued_by(&world.authority));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::CertificateNotYetValid);
    assert_eq!(parameter(&problems[0], "notBefore"), "2026-06-01T00:00:00Z");
}

#[test]
fn a_revoked_certificate() {
    let world = World::new();
    let spec = anna();
    let serial = spec.serial;
    let leaf = spec.issued_by(&world.authority);
    let crl = current_crl(&world.authority, &[(serial, "2025-11-05T00:00:00Z", vec![reason(4)])]);
    let problems = world.with_crl(crl).problems(&leaf);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::CertificateRevoked);
    assert_eq!(parameter(&problems[0], "revokedAt"), "2025-11-05T00:00:00Z");
    assert_eq!(parameter(&problems[0], "reason"), "superseded");
    assert_eq!(parameter(&problems[0], "serial"), leaf.certificate.parse().unwrap().serial);
}

#[test]
fn an_issuer_expired_or_not_yet_valid() {
    for (not_before, not_after, told) in [
        ("2020-01-01T00:00:00Z", "2025-06-01T00:00:00Z", "notAfter"),
        ("2026-06-01T00:00:00Z", "2040-01-01T00:00:00Z", "notBefore"),
    ] {
        let world = World::with_authority(|spec| {
            (spec.not_before, spec.not_after) = (at(not_before), at(not_after));
        });
        let problems = world.problems(&anna().issued_by(&world.authority));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, Code::IssuerExpired);
        assert!(problems[0].parameters.contains_key(told));
        assert_eq!(parameter(&problems[0], "subject"), "CN=Authority");
    }
}

#[test]
fn a_revoked_issuer() {
    let root = pki::authority("Root").self_signed();
    let spec = pki::authority("Authority");
    let serial = spec.serial;
    let authority = spec.issued_by(&root);
    let crl = current_crl(&root, &[(serial, "2025-11-05T00:00:00Z", vec![reason(2)])]);
    let world = World::of(root, authority).with_crl(crl);
    let problems = world.problems(&anna().issued_by(&world.authority));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::IssuerRevoked);
    assert_eq!(parameter(&problems[0], "reason"), "cACompromise");
}

#[test]
fn an_issuer_that_nobody_knows() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    world.material.intermediates.clear();
    let problems = world.problems(&leaf);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::IssuerNotFound);
    assert_eq!(parameter(&problems[0], "issuer"), "CN=Authority");
}

#[test]
fn a_root_that_nobody_trusts() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let roots = world.material.anchors.drain(..).map(|anchor| anchor.certificate);
    world.material.intermediates.extend(roots);
    let problems = world.problems(&leaf);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, Code::UntrustedRoot);
    assert_eq!(parameter(&problems[0], "subject"), "CN=Root");
}

#[test]
fn a_certificate_signed_by_itself() {
    assert_eq!(World::new().codes(&anna().self_signed()), [Code::UntrustedRoot]);
}

#[test]
fn key_usage_and_purpose_of_the_signer() {
    let world = World::new();
    let mut spec = anna();
    // keyEncipherment alone, for TLS servers alone
    spec.key_usage = Some(0x20);
    spec.extended_key_usage = vec!["1.3.6.1.5.5.7.3.1"];
    let leaf = spec.issued_by(&world.authority);
    assert_eq!(world.codes(&leaf), [Code::WrongKeyUsage, Code::WrongExtendedKeyUsage]);

    let mut spec = anna();
    // nonRepudiation alone, for any purpose
    spec.key_usage = Some(0x40);
    spec.extended_key_usage = vec!["2.5.29.37.0"];
    assert_eq!(world.codes(&spec.issued_by(&world.authority)), []);

    let mut spec = anna();
    spec.key_usage = None;
    spec.extended_key_usage.clear();
    assert_eq!(world.codes(&spec.issued_by(&world.authority)), []);
}

#[test]
fn all_problems_are_told() {
    let world = World::new();
    let mut spec = anna_with_source();
    spec.not_after = at("2025-06-01T00:00:00Z");
    spec.key_usage = Some(0x20);
    let leaf = spec.issued_by(&world.authority);
    assert_eq!(
        world.codes(&leaf),
        [Code::CertificateExpired, Code::RevocationUnavailable, Code::WrongKeyUsage]
    );
}

#[test]
fn an_authority_that_is_none() {
    rule("basic-constraints", |spec| spec.is_ca = false);
}

#[test]
fn an_authority_that_may_not_sign_certificates() {
    // cRLSign alone
    rule("key-usage", |spec| spec.key_usage = Some(0x02));
}

#[test]
fn an_authority_for_another_purpose() {
    rule("extended-key-usage", |spec| spec.extended_key_usage = vec!["1.3.6.1.5.5.7.3.1"]);
}

#[test]
fn an_authority_with_a_short_key() {
    rule("weak-key", |spec| spec.key = pki::key(KeyType::WeakRsa));
}

#[test]
fn a_critical_extension_that_nobody_knows() {
    rule("critical-extension", |spec| spec.extensions.push(("1.3.6.1.4.1.99999.1", true, der::null())));
}

#[test]
fn names_that_the_authority_may_not_certify() {
    let permitted = der::sequence(&[&der::context(0, &der::sequence(&[&der::tlv(0x81, b"example.com")]))]);
    rule("name-constraints", |spec| spec.extensions.push(("2.5.29.30", true, permitted.clone())));
}

#[test]
fn policies_that_nobody_asserts() {
    // policyConstraints with requireExplicitPolicy 0
    let constraints = der::sequence(&[&der::tlv(0x80, &[0])]);
    rule("policies", |spec| spec.extensions.push(("2.5.29.36", true, constraints.clone())));

    let mut world = World::new();
    world.policy.explicit_policy = true;
    assert_eq!(world.codes(&anna().issued_by(&world.authority)), [Code::InvalidChain]);
}

#[test]
fn a_policy_that_is_no_identifier_fails() {
    let mut world = World::new();
    world.policy.policies = vec!["gold".to_owned()];
    assert_eq!(world.codes(&anna().issued_by(&world.authority)), [Code::InvalidChain]);
}

/// OpenSSL keeps errors in a queue of the thread, which other checks fill too.
#[test]
fn what_went_wrong_elsewhere_is_not_told() {
    let mut world = World::new();
    world.policy.policies = vec!["gold".to_owned()];
    let leaf = anna().issued_by(&world.authority);
    let alone = world.problems(&leaf);
    // A signature that does not verify, and whose story nobody asks for.
    let key = world.root.x509().public_key().unwrap();
    assert!(!leaf.x509().verify(&key).unwrap());
    assert_eq!(world.problems(&leaf), alone);
    assert!(!parameter(&alone[0], "detail").is_empty());
}

#[test]
fn a_path_longer_than_allowed() {
    let root = pki::authority("Root").self_signed();
    let mut spec = pki::authority("Upper");
    spec.is_ca = false;
    let constraints = der::sequence(&[&der::boolean(true), &der::integer(0)]);
    spec.extensions.push(("2.5.29.19", true, constraints));
    let upper = spec.issued_by(&root);
    let authority = pki::authority("Authority").issued_by(&upper);
    let mut world = World::of(root, authority);
    world.material.intermediates.push(upper.certificate);
    let problems = world.problems(&anna().issued_by(&world.authority));
    assert_eq!(problems.len(), 1);
    assert_eq!(parameter(&problems[0], "rule"), "path-length");
}

#[test]
fn a_certificate_that_its_issuer_never_signed() {
    let world = World::new();
    let mut leaf = anna().issued_by(&world.authority);
    let last = leaf.certificate.0.len() - 1;
    leaf.certificate.0[last] ^= 1;
    let problems = world.problems(&leaf);
    assert_eq!(problems.len(), 1);
    assert_eq!(parameter(&problems[0], "rule"), "signature");
}

#[test]
fn what_is_no_certificate() {
    let verdict = World::new().verdict(&Certificate(b"no certificate".to_vec()), NOW);
    assert_eq!(parameter(&verdict.problems[0], "rule"), "encoding");
    assert_eq!(verdict.good.0, []);
}

/// An authority changed like this breaks the chain by this rule alone.
fn rule(rule: &str, change: impl FnOnce(&mut Spec)) {
    let world = World::with_authority(change);
    let problems = world.problems(&anna().issued_by(&world.authority));
    let told: Vec<_> = problems.iter().map(|problem| (problem.code, parameter(problem, "rule"))).collect();
    assert!(!told.is_empty(), "{rule}: no problem was found");
    assert!(told.iter().all(|told| *told == (Code::InvalidChain, rule)), "{rule}: {problems:?}");
}
