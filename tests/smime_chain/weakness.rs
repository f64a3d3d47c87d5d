//! Chains with algorithms that are weak by now, and the dates before which an operator accepts them.

use chrono::Duration;
use openssl::hash::MessageDigest;
use signet::smime::{AcceptedWeaknesses, Code, Intervals, Weakness};

use super::{NOW, World, at, parameter};
use crate::smime_facts::hostile::Numbers;
use crate::support::pki::{self, Identity, KeyType, Spec};

const NOT_BEFORE: &str = "2020-01-01T00:00:00Z";

/// An authority with something weak about it, and Anna below it.
fn weak_authority(change: impl FnOnce(&mut Spec)) -> (World, Identity) {
    let world = World::with_authority(change);
    let leaf = world.anna(|_| {});
    (world, leaf)
}

fn signed_with(digest: MessageDigest) -> (World, Identity) {
    let root = pki::Spec { key: pki::key(KeyType::Rsa), ..pki::authority("Root") }.self_signed();
    let authority = Spec { digest, ..pki::authority("Authority") }.issued_by(&root);
    let world = World::of(root, authority);
    let leaf = world.anna(|_| {});
    (world, leaf)
}

fn accepting(mut world: World, weakness: Weakness, before: &str) -> World {
    world.policy.weak = world.policy.weak.clone().with(weakness, at(before));
    world
}

#[test]
fn weak_signatures_and_keys_of_issuers_are_named() {
    for (digest, name) in [(MessageDigest::sha1(), "sha1"), (MessageDigest::md5(), "md5")] {
        let (world, leaf) = signed_with(digest);
        let problems = world.problems(&leaf);
        assert_eq!(problems.len(), 1);
        assert_eq!(
            (parameter(&problems[0], "rule"), parameter(&problems[0], "algorithm")),
            ("weak-signature", name)
        );
        assert_eq!(parameter(&problems[0], "subject"), "CN=Authority");
        assert_eq!(world.verdict(&leaf.certificate, NOW).good, Intervals::default());
    }
    let (world, leaf) = weak_authority(|spec| spec.key = pki::key(KeyType::WeakRsa));
    let problems = world.problems(&leaf);
    assert_eq!(problems.len(), 1);
    assert_eq!((parameter(&problems[0], "rule"), parameter(&problems[0], "bits")), ("weak-key", "1024"));
    let world = World::new();
    let leaf = world.anna(|spec| spec.digest = MessageDigest::sha1());
    assert_eq!(parameter(&world.problems(&leaf)[0], "rule"), "weak-signature");
}

#[test]
fn a_date_in_the_past_is_good_for_deliveries_before_it() {
    for (weakness, case) in [
        (Weakness::Sha1, signed_with(MessageDigest::sha1())),
        (Weakness::Md5, signed_with(MessageDigest::md5())),
        (Weakness::ShortKey, weak_authority(|spec| spec.key = pki::key(KeyType::WeakRsa))),
    ] {
        let date = "2023-01-01T00:00:00Z";
        let (world, leaf) = (accepting(case.0, weakness, date), case.1);
        let verdict = world.verdict(&leaf.certificate, NOW);
        assert_eq!(
            verdict.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
            [Code::InvalidChain]
        );
        assert_eq!(verdict.good, Intervals(vec![(Some(at(NOT_BEFORE)), Some(at(date)))]));
    }
}

#[test]
fn a_date_to_come_is_good_for_now_until_it_passes() {
    let (world, leaf) = signed_with(MessageDigest::sha1());
    let world = accepting(world, Weakness::Sha1, "2026-01-01T20:00:00Z");
    let verdict = world.verdict(&leaf.certificate, NOW);
    assert_eq!((verdict.problems.len(), verdict.expires_at), (0, at("2026-01-01T20:00:00Z")));
    assert_eq!(world.verdict(&leaf.certificate, "2026-01-01T19:59:59Z").problems, []);
    assert_eq!(world.verdict(&leaf.certificate, "2026-01-01T20:00:00Z").problems.len(), 1);
}

#[test]
fn one_weakness_that_is_accepted_excuses_no_other() {
    let (world, leaf) = signed_with(MessageDigest::md5());
    let world = accepting(world, Weakness::Sha1, "2030-01-01T00:00:00Z");
    assert_eq!(world.problems(&leaf).len(), 1);
    let world = accepting(world, Weakness::Md5, "2030-01-01T00:00:00Z");
    assert_eq!(world.problems(&leaf).len(), 0);
}

/// The messages of a signer turn at the date, though nothing about the chain does.
#[test]
fn verdicts_on_strong_chains_expire_at_the_date_too() {
    let world = World::new();
    let leaf = world.anna(|_| {});
    let world = accepting(world, Weakness::Sha1, "2026-01-01T13:00:00Z");
    let world = accepting(world, Weakness::Md5, "2019-01-01T00:00:00Z");
    let verdict = world.verdict(&leaf.certificate, NOW);
    assert_eq!((verdict.problems.len(), verdict.expires_at), (0, at("2026-01-01T13:00:00Z")));
}

/// Whatever is weak and whatever is accepted when: a chain is good at an instant if everything weak about it is accepted
/// at that instant, by either clock.
#[test]
fn both_clocks_agree_with_the_dates() {
    let strong = MessageDigest::sha256;
    let cases: Vec<(Vec<Weakness>, World, Identity)> = [
        (vec![], strong(), KeyType::P256, strong()),
        (vec![Weakness::Sha1], MessageDigest::sha1(), KeyType::P256, strong()),
        (vec![Weakness::ShortKey], strong(), KeyType::WeakRsa, strong()),
        (vec![Weakness::ShortKey, Weakness::Md5], strong(), KeyType::WeakRsa, MessageDigest::md5()),
        (vec![Weakness::Sha1, Weakness::ShortKey], MessageDigest::sha1(), KeyType::WeakRsa, strong()),
    ]
    .into_iter()
    .map(|(weak, of_authority, key, of_leaf)| {
        let world = World::with_authority(|spec| (spec.digest, spec.key) = (of_authority, pki::key(key)));
        let leaf = world.anna(|spec| spec.digest = of_leaf);
        (weak, world, leaf)
    })
    .collect();
    let mut numbers = Numbers(0x5280);
    let mut instant = || at("2021-01-01T00:00:00Z") + Duration::days(numbers.below(2000) as i64);
    for round in 0..300 {
        let mut case = cases[round % cases.len()].1.policy.clone();
        let (weak, world, leaf) = &cases[round % cases.len()];
        case.weak = Weakness::ALL.into_iter().enumerate().fold(
            AcceptedWeaknesses::default(),
            |accepted, (bit, weakness)| {
                if round >> bit & 1 == 1 { accepted.with(weakness, instant()) } else { accepted }
            },
        );
        let now = instant();
        let verdict = signet::smime::evaluate(&leaf.certificate, &world.material, &case, now);
        let is_accepted =
            |at| weak.iter().all(|weakness| case.weak.before(*weakness).is_some_and(|before| at < before));
        assert_eq!(verdict.problems.is_empty(), is_accepted(now), "{weak:?} {case:?} {now}");
        for _ in 0..5 {
            let delivered = instant();
            assert_eq!(
                verdict.good.contains(delivered),
                is_accepted(delivered),
                "{weak:?} {case:?} {delivered}"
            );
        }
        assert!(case.weak.instants().all(|date| date <= now || verdict.expires_at <= date));
    }
}
