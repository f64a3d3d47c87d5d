//! What the operator demands of the paths that end at an anchor.

use signet::smime::{Anchor, AnchorPolicy, Intervals};

use super::*;

impl World {
    /// The same with demands on paths to the root.
    fn demanding(mut self, policy: AnchorPolicy) -> Self {
        self.material.anchors = vec![Anchor { certificate: self.root.certificate.clone(), policy }];
        self
    }

    /// The same with one more anchor.
    fn trusting(mut self, certificate: &Certificate, policy: AnchorPolicy) -> Self {
        self.material.anchors.push(Anchor { certificate: certificate.clone(), policy });
        self
    }
}

fn revocation(revocation: Revocation) -> AnchorPolicy {
    AnchorPolicy { revocation: Some(revocation), ..AnchorPolicy::default() }
}

fn algorithms(names: &[&str]) -> AnchorPolicy {
    let algorithms = names.iter().map(|&name| name.to_owned()).collect();
    AnchorPolicy { algorithms, ..AnchorPolicy::default() }
}

fn policies(oids: &[&str]) -> AnchorPolicy {
    let policies = oids.iter().map(|&oid| oid.to_owned()).collect();
    AnchorPolicy { policies, ..AnchorPolicy::default() }
}

#[test]
fn an_anchor_says_when_evidence_is_required() {
    let installation = [Revocation::Hard, Revocation::Named, Revocation::Soft, Revocation::Off];
    for of_installation in installation {
        let world = World::new().demanding(revocation(Revocation::Hard)).asking(of_installation);
        let plain = world.anna(|_| {});
        assert_eq!(world.codes(&plain), [Code::RevocationUnavailable; 2], "{of_installation:?}");
        let world = World::of(world.root, world.authority).asking(of_installation);
        let world = world.demanding(revocation(Revocation::Named));
        assert_eq!(world.codes(&plain), []);
        let named = anna_with_source().issued_by(&world.authority);
        assert_eq!(world.codes(&named), [Code::RevocationUnavailable]);
        let world = World::of(world.root, world.authority).asking(of_installation);
        let world = world.demanding(revocation(Revocation::Soft));
        assert_eq!(world.codes(&named), []);
    }
}

#[test]
fn an_anchor_for_which_revocation_is_off_does_not_switch_it_off_for_others() {
    let world = World::new();
    let named = anna_with_source().issued_by(&world.authority);
    let serial = i64::from_str_radix(&named.certificate.parse().unwrap().serial, 16).unwrap();
    let crl = current_crl(&world.authority, &[(serial, "2025-12-24T00:00:00Z", vec![])]);
    let world = world.with_crl(crl).demanding(revocation(Revocation::Off));
    assert_eq!(world.codes(&named), []);
    let world = world.demanding(AnchorPolicy::default());
    assert_eq!(world.codes(&named), [Code::CertificateRevoked]);
    // And the other way round: the installation does not ask, the anchor does.
    let world = world.asking(Revocation::Off);
    assert_eq!(world.codes(&named), []);
    let world = world.demanding(revocation(Revocation::Soft));
    assert_eq!(world.codes(&named), [Code::CertificateRevoked]);
}

#[test]
fn whoever_signs_crls_is_held_to_the_demands_on_the_same_anchor() {
    // The list is signed by another key, whose own certificate names a source of which nothing was got.
    let world = World::new();
    let mut spec = pki::authority("Authority");
    spec.extensions.push(("2.5.29.31", false, distribution_point(URL)));
    spec.is_ca = false;
    spec.key_usage = Some(0x02);
    let lists = spec.issued_by(&world.root);
    let named = anna_with_source().issued_by(&world.authority);
    let serial = i64::from_str_radix(&named.certificate.parse().unwrap().serial, 16).unwrap();
    let crl = current_crl(&lists, &[(serial, "2025-12-24T00:00:00Z", vec![])]);
    let mut world = world.with_crl(crl);
    world.material.intermediates.push(lists.certificate.clone());
    assert_eq!(world.codes(&named), [Code::RevocationUnavailable], "the list is not believed");
    let world = world.demanding(revocation(Revocation::Soft));
    assert_eq!(world.codes(&named), [Code::CertificateRevoked]);
    let mut demands = revocation(Revocation::Soft);
    demands.algorithms = vec!["rsa".to_owned()];
    let world = world.demanding(demands);
    assert!(!world.codes(&named).contains(&Code::CertificateRevoked), "its certificate is signed otherwise");
}

#[test]
fn an_anchor_is_trusted_in_its_time_alone_by_both_clocks() {
    let policy = AnchorPolicy {
        trusted_from: Some(at("2024-01-01T00:00:00Z")),
        trusted_until: Some(at("2025-01-01T00:00:00Z")),
        ..AnchorPolicy::default()
    };
    let world = World::new().demanding(policy);
    let leaf = world.anna(|_| {}).certificate;
    let verdict = world.verdict(&leaf, "2024-06-01T00:00:00Z");
    assert_eq!(verdict.problems, []);
    let good = Intervals(vec![(Some(at("2024-01-01T00:00:00Z")), Some(at("2025-01-01T00:00:00Z")))]);
    assert_eq!(verdict.good, good);

    let late = world.verdict(&leaf, "2025-01-01T00:00:00Z");
    assert_eq!(late.good, good, "deliveries are judged by their own instant");
    assert_eq!(codes_of(&late), [Code::UntrustedRoot]);
    assert_eq!(parameter(&late.problems[0], "trustedUntil"), "2025-01-01T00:00:00Z");
    assert_eq!(parameter(&late.problems[0], "subject"), "CN=Root");
    let early = world.verdict(&leaf, "2023-12-31T23:00:00Z");
    assert_eq!(codes_of(&early), [Code::UntrustedRoot]);
    assert_eq!(parameter(&early.problems[0], "trustedFrom"), "2024-01-01T00:00:00Z");
    assert_eq!(early.expires_at, at("2024-01-01T00:00:00Z"), "it turns at the instant");
    let before_the_end = world.verdict(&leaf, "2024-12-31T23:00:00Z");
    assert_eq!(before_the_end.expires_at, at("2025-01-01T00:00:00Z"));
}

fn codes_of(verdict: &Verdict) -> Vec<Code> {
    verdict.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn an_anchor_says_which_algorithms_sign_certificates() {
    // All of them by ECDSA with SHA-256.
    for names in [&["ecdsa"][..], &["ecdsa-sha256"], &["rsa", "ecdsa-sha256"]] {
        let world = World::new().demanding(algorithms(names));
        assert_eq!(world.codes(&world.anna(|_| {})), [], "{names:?}");
    }
    for names in [&["ecdsa-sha384"][..], &["rsa"], &["ed25519"], &["rsa-pss-sha256"]] {
        let world = World::new().demanding(algorithms(names));
        let problems = world.problems(&world.anna(|_| {}));
        let told: Vec<_> = problems
            .iter()
            .map(|problem| ["rule", "subject", "algorithm"].map(|name| parameter(problem, name)))
            .collect();
        let expected =
            [["algorithm", "CN=Anna", "ecdsa-sha256"], ["algorithm", "CN=Authority", "ecdsa-sha256"]];
        assert_eq!(told, expected, "{names:?}");
    }
}

#[test]
fn algorithms_of_certificates_are_told_by_family_and_digest() {
    for (key_type, family, name) in
        [(pki::KeyType::Rsa, "rsa", "rsa-sha256"), (pki::KeyType::Ed25519, "ed25519", "ed25519")]
    {
        let mut root = pki::authority("Root");
        root.key = pki::key(key_type);
        let root = root.self_signed();
        let leaf = anna().issued_by(&root);
        let world = World::of(root.clone(), root).demanding(algorithms(&["ecdsa"]));
        assert_eq!(parameter(&world.problems(&leaf)[0], "algorithm"), name);
        assert_eq!(world.demanding(algorithms(&[family])).codes(&leaf), []);
    }
}

#[test]
fn the_anchor_itself_is_signed_by_whatever_it_likes() {
    let world = World::new();
    let world = World::of(world.root, world.authority);
    let leaf = anna().self_signed();
    let world = world.trusting(&leaf.certificate, algorithms(&["rsa"]));
    assert_eq!(world.codes(&leaf), []);
}

#[test]
fn an_anchor_demands_one_of_its_policies_for_the_whole_chain() {
    const HIGH: &str = "1.3.6.1.4.1.99999.1";
    const LOW: &str = "1.3.6.1.4.1.99999.2";
    let certified = |oid: &str| {
        let information = der::sequence(&[&der::oid(oid)]);
        ("2.5.29.32", false, der::sequence(&[&information]))
    };
    let world = World::with_authority(|spec| spec.extensions.push(certified(HIGH)));
    let high = world.anna(|spec| spec.extensions.push(certified(HIGH)));
    let low = world.anna(|spec| spec.extensions.push(certified(LOW)));
    let none = world.anna(|_| {});
    let world = world.demanding(policies(&[HIGH]));
    assert_eq!(world.codes(&high), []);
    for leaf in [&low, &none] {
        let problems = world.problems(leaf);
        assert_eq!(
            problems.iter().map(|problem| parameter(problem, "rule")).collect::<Vec<_>>(),
            ["policies"]
        );
    }
    // The anchor's stand in place of the installation's.
    let mut world = world;
    world.policy.policies = vec![LOW.to_owned()];
    world.policy.explicit_policy = true;
    assert_eq!(world.codes(&high), []);
    let world = world.demanding(AnchorPolicy::default());
    assert_ne!(world.codes(&high), []);
}

#[test]
fn each_path_is_judged_by_its_own_anchor_and_the_best_decides() {
    // The authority is certified by two roots.
    let world = World::new();
    let other = pki::authority("Other").self_signed();
    let mut cross = pki::authority("Authority");
    cross.key = world.authority.key.clone();
    let cross = cross.issued_by(&other);
    let leaf = anna_with_source().issued_by(&world.authority);
    let mut world =
        world.demanding(algorithms(&["rsa"])).trusting(&other.certificate, revocation(Revocation::Hard));
    world.material.intermediates.push(cross.certificate);
    // Both fail, each for its own reason; one reason is nearer than two, and two than three.
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable, Code::RevocationUnavailable]);
    world.material.anchors[1].policy = revocation(Revocation::Soft);
    assert_eq!(world.codes(&leaf), []);
    world.material.anchors[1].policy = policies(&["1.3.6.1.4.1.99999.1"]);
    assert_ne!(world.codes(&leaf), []);
    world.material.anchors[0].policy = AnchorPolicy::default();
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    world.material.anchors[0].policy = revocation(Revocation::Off);
    assert_eq!(world.codes(&leaf), []);
}

#[test]
fn an_anchor_below_another_hides_it_from_nobody() {
    let world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority);
    let authority = world.authority.certificate.clone();
    let past =
        AnchorPolicy { trusted_until: Some(at("2025-01-01T00:00:00Z")), ..revocation(Revocation::Off) };
    let world = world.trusting(&authority, past).asking(Revocation::Soft);
    assert_eq!(world.codes(&leaf), [], "by the root");
    assert_eq!(
        world.verdict(&leaf.certificate, NOW).good.0.first().unwrap().0,
        Some(at("2020-01-01T00:00:00Z"))
    );
    // On the way to the root the authority is an issuer like any, whatever else it is.
    let world = world.asking(Revocation::Hard);
    assert_eq!(world.codes(&leaf), [Code::UntrustedRoot], "nearest: one problem, not two");
    let crl = current_crl(
        &world.root,
        &[(
            i64::from_str_radix(&world.authority.certificate.parse().unwrap().serial, 16).unwrap(),
            "2025-12-24T00:00:00Z",
            vec![],
        )],
    );
    let own = current_crl(&world.authority, &[]);
    let mut world = world.with_crl(crl).with_crl(own);
    world.material.anchors.swap_remove(1);
    let other = pki::authority("Other").self_signed();
    let world = world.trusting(&other.certificate, revocation(Revocation::Off));
    assert_eq!(world.codes(&leaf), [Code::IssuerRevoked]);
}
