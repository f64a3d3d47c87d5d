//! Authorities that certify each other, renew their keys, or stand in a row that has no end (RFC 4158 §2.4).

use super::*;

/// An authority with this key.
fn with_key(name: &str, of: &Identity) -> Spec {
    let mut spec = pki::authority(name);
    spec.key = of.key.clone();
    spec
}

/// Two authorities that certified each other, each below a root of its own.
struct Bridge {
    root: [Identity; 2],
    /// Below the root of its own.
    authority: [Identity; 2],
    /// Certified by the other one.
    cross: [Identity; 2],
}

impl Bridge {
    fn new() -> Self {
        let root = ["Root A", "Root B"].map(|name| pki::authority(name).self_signed());
        let authority = [pki::authority("A").issued_by(&root[0]), pki::authority("B").issued_by(&root[1])];
        let cross = [
            with_key("A", &authority[0]).issued_by(&authority[1]),
            with_key("B", &authority[1]).issued_by(&authority[0]),
        ];
        Self { root, authority, cross }
    }

    fn world(&self, anchor: usize) -> World {
        let mut world = World::of(self.root[anchor].clone(), self.authority[0].clone());
        world.material.intermediates =
            self.authority.iter().chain(&self.cross).map(|identity| identity.certificate.clone()).collect();
        world
    }
}

#[test]
fn cross_certificates_lead_either_way() {
    let bridge = Bridge::new();
    for anchor in [0, 1] {
        let world = bridge.world(anchor);
        for authority in &bridge.authority {
            assert_eq!(world.words(&anna().issued_by(authority)), [""; 0]);
        }
    }
}

#[test]
fn two_that_certify_each_other_lead_nowhere_without_an_anchor() {
    let bridge = Bridge::new();
    let mut world = bridge.world(0);
    world.material.anchors.clear();
    world.material.intermediates = bridge.cross.iter().map(|cross| cross.certificate.clone()).collect();
    let leaf = anna().issued_by(&bridge.authority[0]);
    assert_eq!(world.words(&leaf), ["issuer-not-found"]);
    assert!(world.work(&leaf).steps <= 8);
}

#[test]
fn a_ring_of_three_leads_out_where_an_anchor_is() {
    let keys = ["A", "B", "C"].map(|name| pki::authority(name).self_signed());
    let ring: Vec<Identity> = [("A", 0, 1), ("B", 1, 2), ("C", 2, 0)]
        .map(|(name, own, issuer)| with_key(name, &keys[own]).issued_by(&keys[issuer]))
        .to_vec();
    let root = pki::authority("Root").self_signed();
    let way_out = with_key("C", &keys[2]).issued_by(&root);
    let mut world = World::of(root, ring[0].clone());
    world.material.intermediates = ring.iter().map(|identity| identity.certificate.clone()).collect();
    let leaf = anna().issued_by(&ring[0]);
    assert_eq!(world.words(&leaf), ["issuer-not-found"]);
    world.material.intermediates.push(way_out.certificate);
    assert_eq!(world.words(&leaf), [""; 0]);
}

/// RFC 4210 §4.4: the old key certifies the new one and the new one the old one, under the same name.
#[test]
fn a_root_that_renewed_its_key_is_reached_by_both() {
    let old = pki::authority("Root").self_signed();
    let new = pki::authority("Root").self_signed();
    let new_by_old = with_key("Root", &new).issued_by(&old);
    let old_by_new = with_key("Root", &old).issued_by(&new);
    for (anchor, issuer) in [(&old, &new), (&new, &old), (&old, &old), (&new, &new)] {
        let authority = pki::authority("Authority").issued_by(issuer);
        let mut world = World::of(anchor.clone(), authority);
        for identity in [&new_by_old, &old_by_new, &old, &new] {
            world.material.intermediates.push(identity.certificate.clone());
        }
        assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);
    }
}

/// pathLenConstraint 0 counts no self-issued certificates (RFC 5280 §4.2.1.9).
#[test]
fn a_renewed_key_does_not_make_a_path_longer() {
    let root = pki::authority("Root").self_signed();
    let old = last_authority("Authority").issued_by(&root);
    let new = pki::authority("Authority").issued_by(&old);
    let mut world = World::of(root, new);
    world.material.intermediates.push(old.certificate.clone());
    assert_eq!(world.words(&world.anna(|_| {})), [""; 0]);

    let below = pki::authority("Below").issued_by(&world.authority);
    world.material.intermediates.push(below.certificate.clone());
    assert_eq!(world.words(&anna().issued_by(&below)), ["path-length"]);
}

/// A leaf is not counted, even one that calls itself an authority.
#[test]
fn the_last_certificate_is_not_counted() {
    let root = pki::authority("Root").self_signed();
    let authority = last_authority("Authority").issued_by(&root);
    let world = World::of(root, authority);
    assert_eq!(world.words(&world.anna(|spec| spec.is_ca = true)), [""; 0]);
}

/// An authority with pathLenConstraint 0.
fn last_authority(name: &str) -> Spec {
    let mut spec = pki::authority(name);
    spec.is_ca = false;
    let constraints = der::sequence(&[&der::boolean(true), &der::integer(0)]);
    spec.extensions.push(("2.5.29.19", true, constraints));
    spec
}

#[test]
fn one_name_may_have_two_keys() {
    let root = pki::authority("Root").self_signed();
    let [one, two] = [(); 2].map(|()| pki::authority("Authority").issued_by(&root));
    let mut world = World::of(root, one.clone());
    world.material.intermediates.push(two.certificate.clone());
    assert_eq!(world.words(&anna().issued_by(&one)), [""; 0]);
    assert_eq!(world.words(&anna().issued_by(&two)), [""; 0]);
}

#[test]
fn one_key_may_have_two_names_and_signs_for_each_alone() {
    let root = pki::authority("Root").self_signed();
    let one = pki::authority("One").issued_by(&root);
    let two = with_key("Two", &one).issued_by(&root);
    let mut world = World::of(root, one.clone());
    let by_two = anna().issued_by(&two);
    assert_eq!(world.words(&by_two), ["issuer-not-found"]);
    world.material.intermediates.push(two.certificate.clone());
    assert_eq!(world.words(&by_two), [""; 0]);
    assert_eq!(world.words(&anna().issued_by(&one)), [""; 0]);
}

/// The same authority, certified three times: each certificate has something against it but the last.
#[test]
fn one_good_certificate_of_an_authority_is_enough() {
    let roots = ["R1", "R2", "R3", "R4"].map(|name| pki::authority(name).self_signed());
    let key = pki::authority("Authority").self_signed();
    let certified = |root: &Identity, change: &dyn Fn(&mut Spec)| {
        let mut spec = with_key("Authority", &key);
        change(&mut spec);
        (spec.serial, spec.issued_by(root))
    };
    let (_, expired) = certified(&roots[0], &|spec| spec.not_after = at("2025-01-01T00:00:00Z"));
    let (serial, revoked) = certified(&roots[1], &|_| {});
    let (_, constrained) = certified(&roots[2], &|spec| {
        spec.extensions.push(name_constraints(&[der::tlv(0x81, b"example.com")], &[]));
    });
    let (_, good) = certified(&roots[3], &|_| {});

    let mut world = World::of(roots[0].clone(), key.clone());
    world.material.anchors = roots.iter().map(|root| root.certificate.clone().into()).collect();
    world.material.intermediates =
        [&expired, &revoked, &constrained].map(|identity| identity.certificate.clone()).to_vec();
    let entry = (serial, "2025-11-05T00:00:00Z", vec![reason(2)]);
    let world = world.with_crl(current_crl(&roots[1], &[entry]));
    let leaf = anna().issued_by(&key);
    let words = world.words(&leaf);
    let alone = ["issuer-expired", "issuer-revoked", "name-constraints"];
    assert!(words.len() == 1 && alone.contains(&words[0].as_str()), "{words:?}");

    let mut world = world;
    world.material.intermediates.push(good.certificate);
    assert_eq!(world.words(&leaf), [""; 0]);
}

/// The root, `count` authorities in a row, and Anna.
fn row(count: usize) -> (World, Identity) {
    let root = pki::authority("Root").self_signed();
    let mut above = root.clone();
    let mut certificates = Vec::new();
    for at in 0..count {
        above = pki::authority(&format!("Authority {at}")).issued_by(&above);
        certificates.push(above.certificate.clone());
    }
    let leaf = anna().issued_by(&above);
    let mut world = World::of(root, above);
    world.material.intermediates = certificates;
    (world, leaf)
}

#[test]
fn a_path_has_twelve_certificates_at_the_most() {
    let (world, leaf) = row(10);
    assert_eq!(world.words(&leaf), [""; 0]);
    let (world, leaf) = row(11);
    assert_eq!(world.words(&leaf), ["too-long"]);
    let (world, leaf) = row(100);
    assert_eq!(world.words(&leaf), ["too-long"]);
    assert!(world.work(&leaf).steps <= 4096);
}

/// A long way round does not keep the short one from being found.
#[test]
fn a_shortcut_is_taken_where_the_way_is_too_long() {
    let (mut world, leaf) = row(14);
    assert_eq!(world.words(&leaf), ["too-long"]);
    let shortcut = with_key("Authority 13", &world.authority);
    world.material.intermediates.push(shortcut.issued_by(&world.root).certificate);
    assert_eq!(world.words(&leaf), [""; 0]);
}

#[test]
fn a_root_that_ran_out_takes_its_leaves_along() {
    let mut spec = pki::authority("Root");
    spec.not_after = at("2025-06-01T00:00:00Z");
    let root = spec.self_signed();
    let authority = pki::authority("Authority").issued_by(&root);
    let world = World::of(root, authority);
    let leaf = world.anna(|_| {});
    let problems = world.problems(&leaf);
    assert_eq!(words(&problems), ["issuer-expired"]);
    assert_eq!(parameter(&problems[0], "subject"), "CN=Root");
    // What came while it was valid keeps its worth.
    let good = world.verdict(&leaf.certificate, NOW).good;
    assert!(good.contains(at("2025-06-01T00:00:00Z")) && !good.contains(at("2025-06-01T00:00:01Z")));
}
