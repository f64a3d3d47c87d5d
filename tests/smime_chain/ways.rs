//! Several paths from a leaf to an anchor.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn one_good_path_among_several_is_enough() {
    let (old_root, new_root) = (pki::authority("Old").self_signed(), pki::authority("New").self_signed());
    let mut spec = pki::authority("Authority");
    spec.not_after = at("2025-01-01T00:00:00Z");
    let by_old = spec.clone().issued_by(&old_root);
    spec.not_before = at("2025-06-01T00:00:00Z");
    spec.not_after = at("2035-01-01T00:00:00Z");
    let by_new = spec.issued_by(&new_root);
    let leaf = anna().issued_by(&by_new);
    let mut world = World::of(old_root, by_old);
    assert_eq!(world.codes(&leaf), [Code::IssuerExpired]);

    world.material.anchors.push(new_root.certificate.into());
    world.material.intermediates.push(by_new.certificate);
    let verdict = world.verdict(&leaf.certificate, NOW);
    assert_eq!(verdict.problems, []);
    // Each path has its time.
    let ends: Vec<_> = verdict.good.0.iter().map(|(from, to)| (from.unwrap(), to.unwrap())).collect();
    assert_eq!(
        ends,
        [
            (at("2020-01-01T00:00:00Z"), at("2025-01-01T00:00:01Z")),
            (at("2025-06-01T00:00:00Z"), at("2035-01-01T00:00:01Z")),
        ]
    );
}

#[test]
fn of_paths_that_fail_the_one_to_an_anchor_is_told() {
    let world = World::new();
    let mut spec = anna_with_source();
    spec.not_after = at("2025-06-01T00:00:00Z");
    let leaf = spec.issued_by(&world.authority);
    // The same authority, certified by somebody whom nobody trusts.
    let stranger = pki::authority("Stranger").self_signed();
    let mut cross = pki::authority("Authority");
    cross.key = world.authority.key.clone();
    let cross = cross.issued_by(&stranger);
    let mut world = world;
    world.material.intermediates.insert(0, cross.certificate);
    world.material.intermediates.insert(0, stranger.certificate);
    assert_eq!(world.codes(&leaf), [Code::CertificateExpired, Code::RevocationUnavailable]);
}

#[test]
fn an_anchor_need_not_be_a_root() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    world.material.anchors = vec![world.authority.certificate.clone().into()];
    world.material.intermediates.clear();
    assert_eq!(world.codes(&leaf), []);
    world.material.intermediates = vec![world.root.certificate.clone()];
    assert_eq!(world.codes(&leaf), []);
}

#[test]
fn a_leaf_may_be_trusted_itself() {
    let leaf = anna().self_signed();
    let mut world = World::new();
    world.material.anchors.push(leaf.certificate.clone().into());
    assert_eq!(world.codes(&leaf), []);
}

#[test]
fn the_same_material_gives_the_same_verdict_in_any_order() {
    let mut world = World::new();
    let leaf = anna_with_source().issued_by(&world.authority).certificate;
    for issuer in [world.authority.clone(), world.root.clone()] {
        let mut again = pki::authority("Authority");
        again.key = world.authority.key.clone();
        world.material.intermediates.push(again.issued_by(&issuer).certificate);
        world.material.crls.push(current_crl(&issuer, &[]));
    }
    let first = world.verdict(&leaf, NOW);
    assert_eq!(world.verdict(&leaf, NOW), first);
    world.material.intermediates.reverse();
    world.material.crls.reverse();
    assert_eq!(world.verdict(&leaf, NOW), first);
}

#[test]
fn a_maze_of_cross_certificates_neither_hides_the_good_path_nor_takes_long() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    // Four layers of authorities, each certified by all of the layer above, and the real authority's key at the
    // bottom: thousands of ways, none of which leads anywhere.
    let mut above = vec![pki::authority("Nowhere").self_signed()];
    let mut maze = Vec::new();
    for layer in 0..5 {
        let mut below = Vec::new();
        for at in 0..7 {
            let spec = pki::authority(&format!("Layer {layer} {at}"));
            for issuer in &above {
                let identity = spec.clone().issued_by(issuer);
                maze.push(identity.certificate.clone());
                below.push(identity);
            }
        }
        below.dedup_by_key(|identity| identity.certificate.parse().unwrap().subject_der);
        above = below;
    }
    for issuer in &above {
        let mut cross = pki::authority("Authority");
        cross.key = world.authority.key.clone();
        maze.push(cross.issued_by(issuer).certificate);
    }
    maze.append(&mut world.material.intermediates);
    world.material.intermediates = maze;
    let start = Instant::now();
    assert_eq!(world.codes(&leaf), []);
    world.material.anchors.clear();
    assert!(!world.codes(&leaf).is_empty());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
