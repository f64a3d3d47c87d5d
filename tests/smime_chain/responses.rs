//! OCSP responses as evidence (RFC 6960): whose are believed, about whom, and by which clock.

use chrono::Duration;
use signet::clock::Clock;
use signet::smime::{EvidenceKind, Intervals, explain, ocsp_request};

use super::door::ask_openssl;
use super::*;
use crate::support::ocsp::{self, Answer, Reply, answer, good, reply, revoked, unknown};

const RESPONDER: &str = "http://ocsp.example.org/";
const THEN: &str = "2025-12-30T00:00:00Z";

/// A person whose certificate names a responder.
fn anna_with_responder() -> Spec {
    let mut spec = anna();
    spec.extensions.push(ocsp::access(RESPONDER));
    spec
}

/// A world, and Anna, about whom evidence is required.
fn world() -> (World, Identity) {
    let world = World::new();
    let leaf = anna_with_responder().issued_by(&world.authority);
    (world, leaf)
}

fn says(world: &World, leaf: &Identity, status: Vec<u8>) -> Answer {
    answer(&world.authority, &leaf.certificate, status, THEN)
}

/// What the authority itself says of the leaf.
fn said(world: &World, leaf: &Identity, status: Vec<u8>) -> Reply {
    reply(&world.authority, &[says(world, leaf, status)])
}

impl World {
    fn with_response(mut self, response: &Reply) -> Self {
        self.material.ocsp.push(response.der());
        self
    }

    /// The codes with this response added.
    fn codes_with(&self, leaf: &Identity, response: &Reply) -> Vec<Code> {
        self.codes_with_all(leaf, &[response])
    }

    fn codes_with_all(&self, leaf: &Identity, responses: &[&Reply]) -> Vec<Code> {
        let mut world = Self::of(self.root.clone(), self.authority.clone());
        world.material = self.material.clone();
        world.policy = self.policy.clone();
        world.material.ocsp.extend(responses.iter().map(|response| response.der()));
        world.codes(leaf)
    }
}

#[test]
fn a_response_satisfies_every_policy_as_a_list_does() {
    let (world, leaf) = world();
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    let response = said(&world, &leaf, good());
    assert_eq!(world.codes_with(&leaf, &response), []);
    let of_authority = reply(&world.root, &[answer(&world.root, &world.authority.certificate, good(), THEN)]);
    let world = world.asking(Revocation::Hard);
    assert_eq!(world.codes_with(&leaf, &response), [Code::RevocationUnavailable]);
    assert_eq!(world.codes_with_all(&leaf, &[&response, &of_authority]), []);
    // One response may speak of several certificates.
    let (other, list) = (anna_with_responder().issued_by(&world.authority), current_crl(&world.root, &[]));
    let both = reply(&world.authority, &[says(&world, &other, good()), says(&world, &leaf, good())]);
    assert_eq!(world.with_crl(list).codes_with(&leaf, &both), []);
}

#[test]
fn a_list_serves_where_a_responder_is_named_and_a_response_where_a_list_is() {
    let (world, leaf) = world();
    let listed = anna_with_source().issued_by(&world.authority);
    let response = said(&world, &listed, good());
    assert_eq!(world.codes_with(&listed, &response), []);
    let list = current_crl(&world.authority, &[]);
    assert_eq!(world.with_crl(list).codes(&leaf), []);
}

#[test]
fn a_revocation_counts_whichever_source_tells_of_it() {
    let spec = anna_with_responder();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let world = World::new();
    let leaf = spec.issued_by(&world.authority);
    let bad = said(&world, &leaf, revoked("2025-11-05T00:00:00Z", Some(4)));
    let clean = current_crl(&world.authority, &[]);
    let problems = {
        let world = World::of(world.root.clone(), world.authority.clone());
        world.with_crl(clean).with_response(&bad).problems(&leaf)
    };
    assert_eq!(problems[0].code, Code::CertificateRevoked);
    assert_eq!(parameter(&problems[0], "revokedAt"), "2025-11-05T00:00:00Z");
    assert_eq!(parameter(&problems[0], "reason"), "superseded");
    let good = said(&world, &leaf, good());
    let listing = current_crl(&world.authority, &[entry]);
    assert_eq!(world.with_crl(listing).codes_with(&leaf, &good), [Code::CertificateRevoked]);
}

#[test]
fn a_revocation_counts_from_its_date_by_both_clocks() {
    let compromise = |at: &str| ("2.5.29.24", false, der::generalized_time(super::at(at)));
    for (reason, invalid_from, effective) in [
        (None, None, "2025-11-05T00:00:00Z"),
        (Some(1), Some("2025-10-01T00:00:00Z"), "2025-10-01T00:00:00Z"),
        (Some(4), Some("2025-10-01T00:00:00Z"), "2025-11-05T00:00:00Z"),
    ] {
        let (world, leaf) = world();
        let mut response = said(&world, &leaf, revoked("2025-11-05T00:00:00Z", reason));
        response.answers[0].extensions.extend(invalid_from.map(compromise));
        let verdict = world.with_response(&response).verdict(&leaf.certificate, NOW);
        assert_eq!(verdict.problems[0].code, Code::CertificateRevoked);
        assert_eq!(verdict.good, between("2020-01-01T00:00:00Z", effective), "{reason:?}");
    }
}

#[test]
fn a_hold_ends_with_newer_evidence_and_a_revocation_does_not() {
    for (reason, expected) in [(6, vec![]), (4, vec![Code::CertificateRevoked])] {
        let (world, leaf) = world();
        let mut older = said(&world, &leaf, revoked("2025-12-01T00:00:00Z", Some(reason)));
        older.answers[0].this_update = at("2025-12-29T00:00:00Z");
        let newer = said(&world, &leaf, good());
        assert_eq!(world.codes_with(&leaf, &older), [Code::CertificateRevoked]);
        assert_eq!(world.codes_with_all(&leaf, &[&older, &newer]), expected);
        assert_eq!(world.codes_with_all(&leaf, &[&newer, &older]), expected);
    }
}

#[test]
fn of_a_list_and_a_response_that_are_current_the_one_that_holds_counts() {
    let spec = anna_with_responder();
    let entry = |serial| (serial, "2025-11-05T00:00:00Z", vec![reason(6)]);
    for (next_update, expected) in
        [("2026-01-02T00:00:00Z", vec![Code::CertificateRevoked]), ("2025-12-30T00:00:00Z", vec![])]
    {
        let world = World::new();
        let list = crl(&world.authority, "2025-12-01T00:00:00Z", next_update, &[entry(spec.serial)]);
        let leaf = spec.clone().issued_by(&world.authority);
        let response = said(&world, &leaf, good());
        assert_eq!(world.with_crl(list).codes_with(&leaf, &response), expected, "{next_update}");
    }
}

#[test]
fn a_responder_of_the_issuers_is_believed() {
    let (world, leaf) = world();
    let responder = ocsp::responder("Responder").issued_by(&world.authority);
    let mut response = reply(&responder, &[says(&world, &leaf, good())]).with(&responder.certificate);
    assert_eq!(world.codes_with(&leaf, &response), []);
    response.responder = ocsp::by_key(&responder);
    assert_eq!(world.codes_with(&leaf, &response), []);
    // One that is known from elsewhere need not come along.
    response.certificates.clear();
    response.responder = ocsp::by_name(&responder);
    assert_eq!(world.codes_with(&leaf, &response), [Code::RevocationUnavailable]);
    let mut world = world;
    world.material.intermediates.push(responder.certificate);
    assert_eq!(world.codes_with(&leaf, &response), []);
}

#[test]
fn a_responder_is_believed_for_what_it_said_while_it_was_one() {
    let (world, leaf) = world();
    let said_by = |not_before: &str, not_after: &str, produced_at: &str| {
        let mut spec = ocsp::responder("Responder");
        (spec.not_before, spec.not_after) = (at(not_before), at(not_after));
        let responder = spec.issued_by(&world.authority);
        let mut response = reply(&responder, &[says(&world, &leaf, good())]).with(&responder.certificate);
        response.produced_at = at(produced_at);
        world.codes_with(&leaf, &response)
    };
    let (before, year) = ("2025-12-29T23:59:59Z", "2025-01-01T00:00:00Z");
    assert_eq!(said_by(year, "2025-12-31T00:00:00Z", THEN), [], "it has expired since");
    assert_eq!(said_by(year, before, THEN), [Code::RevocationUnavailable]);
    assert_eq!(said_by("2025-12-30T00:00:01Z", "2026-12-31T00:00:00Z", THEN), [Code::RevocationUnavailable]);
    assert_eq!(said_by(year, before, before), [Code::RevocationUnavailable], "producedAt dated back");
}

#[test]
fn nobody_else_is_believed() {
    let (world, leaf) = world();
    let purposes = |purposes: &[&'static str]| {
        let mut spec = ocsp::responder("Responder");
        spec.extended_key_usage = purposes.to_vec();
        spec
    };
    let mut useless = ocsp::responder("Responder");
    // keyEncipherment
    useless.key_usage = Some(0x20);
    let mut weak = ocsp::responder("Responder");
    weak.key = pki::key(KeyType::WeakRsa);
    let imposter = pki::authority("Authority").self_signed();
    for (what, responder) in [
        ("no purpose", purposes(&[]).issued_by(&world.authority)),
        ("any purpose", purposes(&["2.5.29.37.0"]).issued_by(&world.authority)),
        ("mail alone", purposes(&["1.3.6.1.5.5.7.3.4"]).issued_by(&world.authority)),
        ("no signatures", useless.issued_by(&world.authority)),
        ("a short key", weak.issued_by(&world.authority)),
        ("another issuer's", ocsp::responder("Responder").issued_by(&world.root)),
        ("of the name, not the key", ocsp::responder("Responder").issued_by(&imposter)),
        ("its own", ocsp::responder("Responder").self_signed()),
        ("the leaf", leaf.clone()),
        ("the root", world.root.clone()),
    ] {
        for status in [good(), revoked("2025-11-05T00:00:00Z", None)] {
            let response = reply(&responder, &[says(&world, &leaf, status)]).with(&responder.certificate);
            assert_eq!(world.codes_with(&leaf, &response), [Code::RevocationUnavailable], "{what}");
        }
    }
}

#[test]
fn a_responder_that_breaks_a_rule_of_paths_is_not_believed() {
    let world = World::with_authority(|spec| {
        // Nothing but addresses at example.org: a name below O=Elsewhere is no matter, an address elsewhere is.
        let permitted = der::context(0, &der::sequence(&[&der::tlv(0x81, b"example.org")]));
        spec.extensions.push(("2.5.29.30", true, der::sequence(&[&permitted])));
    });
    let leaf = anna_with_responder().issued_by(&world.authority);
    for (address, expected) in
        [("ocsp@example.org", vec![]), ("ocsp@example.com", vec![Code::RevocationUnavailable])]
    {
        let mut spec = ocsp::responder("Responder");
        spec.addresses.push(address.to_owned());
        let responder = spec.issued_by(&world.authority);
        let response = reply(&responder, &[says(&world, &leaf, good())]).with(&responder.certificate);
        assert_eq!(world.codes_with(&leaf, &response), expected);
    }
}

#[test]
fn a_responder_is_asked_about_like_anybody_unless_its_issuer_says_that_nobody_need() {
    let world = World::new();
    let leaf = anna_with_responder().issued_by(&world.authority);
    let mut spec = ocsp::responder("Responder");
    spec.extensions = vec![("2.5.29.31", false, distribution_point(URL))];
    let entry = (spec.serial, "2025-12-31T00:00:00Z", vec![]);
    let responder = spec.clone().issued_by(&world.authority);
    let response = reply(&responder, &[says(&world, &leaf, good())]).with(&responder.certificate);
    assert_eq!(world.codes_with(&leaf, &response), [Code::RevocationUnavailable]);

    spec.extensions.push((ocsp::NO_CHECK, false, der::null()));
    let excused = spec.issued_by(&world.authority);
    let excused = reply(&excused, &[says(&world, &leaf, good())]).with(&excused.certificate);
    assert_eq!(world.codes_with(&leaf, &excused), []);

    // A list that tells of the responder tells of Anna too, so it is one that speaks of responders alone: by a scope
    // that her certificate does not name.
    let clean = scoped_list(&world.authority, &[]);
    let listing = scoped_list(&world.authority, &[entry]);
    let with = |list: &Vec<u8>| World::of(world.root.clone(), world.authority.clone()).with_crl(list.clone());
    assert_eq!(with(&clean).codes(&leaf), [Code::RevocationUnavailable]);
    assert_eq!(with(&clean).codes_with(&leaf, &response), []);
    assert_eq!(with(&listing).codes_with(&leaf, &response), [Code::RevocationUnavailable]);
    assert_eq!(
        with(&listing).codes_with(&leaf, &excused),
        [Code::RevocationUnavailable],
        "it is known to be revoked"
    );
}

#[test]
fn a_responder_does_not_vouch_for_itself() {
    let world = World::new().asking(Revocation::Hard);
    let leaf = anna().issued_by(&world.authority);
    let mut spec = ocsp::responder("Responder");
    spec.extensions.clear();
    let responder = spec.issued_by(&world.authority);
    let of_itself = says(&world, &responder, good());
    let response =
        reply(&responder, &[says(&world, &leaf, good()), of_itself.clone()]).with(&responder.certificate);
    let of_authority = reply(&world.root, &[answer(&world.root, &world.authority.certificate, good(), THEN)]);
    assert_eq!(world.codes_with_all(&leaf, &[&response, &of_authority]), [Code::RevocationUnavailable]);
    let vouched = reply(&world.authority, &[of_itself]);
    assert_eq!(world.codes_with_all(&leaf, &[&response, &of_authority, &vouched]), []);
}

#[test]
fn what_is_about_somebody_else_says_nothing() {
    let (world, leaf) = world();
    let about = |change: fn(&mut Answer)| {
        let mut response = said(&world, &leaf, good());
        change(&mut response.answers[0]);
        world.codes_with(&leaf, &response)
    };
    let unavailable = [Code::RevocationUnavailable];
    assert_eq!(about(|answer| answer.serial += 1), unavailable);
    assert_eq!(about(|answer| answer.issuer_name.push(0)), unavailable);
    assert_eq!(about(|answer| answer.issuer_key.push(0)), unavailable);
    assert_eq!(about(|answer| answer.digest = openssl::hash::MessageDigest::md5()), unavailable);
    assert_eq!(about(|answer| answer.digest = openssl::hash::MessageDigest::sha256()), []);
    assert_eq!(about(|answer| answer.status = unknown()), unavailable);
    assert_eq!(about(|answer| answer.extensions.push(("1.2.3", true, der::null()))), unavailable);
    assert_eq!(about(|answer| answer.extensions.push(("1.2.3", false, der::null()))), []);
}

#[test]
fn what_is_forged_damaged_or_signed_by_sha1_neither_helps_nor_hides_what_is_genuine() {
    let (world, leaf) = world();
    let genuine = said(&world, &leaf, good());
    let mut forged = said(&world, &leaf, revoked("2025-11-05T00:00:00Z", None));
    forged.key = pki::key(KeyType::P256);
    let mut weak = said(&world, &leaf, good());
    weak.by_sha1 = true;
    let mut misnamed = said(&world, &leaf, good());
    misnamed.responder = ocsp::by_name(&world.root);
    let mut odd = said(&world, &leaf, good());
    odd.extensions.push(("1.2.3", true, der::null()));
    for useless in [&forged, &weak, &misnamed, &odd] {
        assert_eq!(world.codes_with(&leaf, useless), [Code::RevocationUnavailable]);
        assert_eq!(world.codes_with_all(&leaf, &[useless, &genuine]), []);
    }
    let der = genuine.der();
    let mut world = world;
    world.material.ocsp =
        vec![Vec::new(), der[..der.len() / 2].to_vec(), ocsp::unsuccessful(3), vec![0x30, 0x80]];
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    assert_eq!(world.codes_with(&leaf, &genuine), []);
}

#[test]
fn what_is_stale_or_from_the_future_is_not_believed_now() {
    let (world, leaf) = world();
    let from = |this_update: &str, next_update: Option<&str>| {
        let mut response = said(&world, &leaf, good());
        response.answers[0].this_update = at(this_update);
        response.answers[0].next_update = next_update.map(at);
        let world = World::of(world.root.clone(), world.authority.clone());
        world.with_response(&response).verdict(&leaf.certificate, NOW)
    };
    let code = |verdict: &Verdict| verdict.problems.first().map(|problem| problem.code);
    let stale = from("2025-12-01T00:00:00Z", Some(NOW));
    assert_eq!(code(&stale), Some(Code::RevocationExpired));
    assert_eq!(stale.good, between("2020-01-01T00:00:00Z", NOW));
    let future = from("2026-01-01T12:00:01Z", Some("2026-02-01T00:00:00Z"));
    assert_eq!(code(&future), Some(Code::RevocationUnavailable));
    assert_eq!(future.expires_at, at("2026-01-01T12:00:01Z"), "then it will be");
    assert_eq!(future.good, between("2020-01-01T00:00:00Z", "2026-02-01T00:00:00Z"));
    let current = from(NOW, Some("2026-01-01T13:00:00Z"));
    assert_eq!((code(&current), current.expires_at), (None, at("2026-01-01T13:00:00Z")));
    // Without nextUpdate, a day.
    let endless = from("2025-12-31T13:00:00Z", None);
    assert_eq!((code(&endless), endless.expires_at), (None, at("2026-01-01T13:00:00Z")));
    assert_eq!(code(&from("2025-12-31T12:00:00Z", None)), Some(Code::RevocationExpired));
}

#[test]
fn good_says_nothing_of_what_has_expired_unless_the_responder_remembers() {
    let world = World::new();
    let mut spec = anna_with_responder();
    spec.not_after = at("2025-12-01T00:00:00Z");
    let leaf = spec.issued_by(&world.authority);
    let cutoff = |at: &str| ("1.3.6.1.5.5.7.48.1.6", false, der::generalized_time(super::at(at)));
    let valid = between("2020-01-01T00:00:00Z", "2025-12-01T00:00:01Z");
    for (extension, expected) in [
        (None, Intervals::default()),
        (Some(cutoff("2025-12-01T00:00:01Z")), Intervals::default()),
        (Some(cutoff("2025-12-01T00:00:00Z")), valid.clone()),
        (Some(cutoff("2018-01-01T00:00:00Z")), valid.clone()),
    ] {
        let mut response = said(&world, &leaf, good());
        response.answers[0].extensions.extend(extension);
        let world = World::of(world.root.clone(), world.authority.clone()).with_response(&response);
        let verdict = world.verdict(&leaf.certificate, NOW);
        assert_eq!(verdict.good, expected);
        assert!(verdict.problems.iter().any(|problem| problem.code == Code::CertificateExpired));
    }
    let mut before = said(&world, &leaf, good());
    before.answers[0].this_update = at("2025-11-30T00:00:00Z");
    before.answers[0].next_update = Some(at("2025-12-07T00:00:00Z"));
    before.produced_at = at("2025-11-30T00:00:00Z");
    let bad = said(&world, &leaf, revoked("2025-11-05T00:00:00Z", None));
    let world = world.with_response(&before);
    assert_eq!(world.verdict(&leaf.certificate, NOW).good, valid, "what was said in time stays said");
    let world = world.with_response(&bad);
    assert_eq!(
        world.verdict(&leaf.certificate, NOW).good,
        between("2020-01-01T00:00:00Z", "2025-11-05T00:00:00Z"),
        "revoked is revoked, whenever it is said"
    );
}

#[test]
fn a_response_that_comes_to_nothing_costs_little() {
    let (world, leaf) = world();
    // As many as are looked at, each with many answers about the leaf, none of which is signed well.
    let mut forged = said(&world, &leaf, good());
    forged.key = pki::key(KeyType::P256);
    let answer = forged.answers[0].clone();
    forged.answers = vec![answer; 32];
    let mut world = world;
    world.material.ocsp = (0..300)
        .map(|second| {
            forged.produced_at = at(THEN) + Duration::seconds(second);
            forged.der()
        })
        .collect();
    let began = std::time::Instant::now();
    assert_eq!(world.codes(&leaf), [Code::RevocationUnavailable]);
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    forged.answers = vec![forged.answers[0].clone(); 129];
    forged.key = world.authority.key.clone();
    world.material.ocsp.clear();
    assert_eq!(world.codes_with(&leaf, &forged), [Code::RevocationUnavailable], "more answers than are read");
}

#[test]
fn what_openssl_answers_is_believed() {
    let (world, leaf) = world();
    let responder = ocsp::responder("Responder").issued_by(&world.authority);
    let request = ocsp_request(&leaf.certificate, &world.authority.certificate, None).unwrap();
    for signer in [&world.authority, &responder] {
        for (state, expected) in [("V", vec![]), ("R", vec![Code::CertificateRevoked])] {
            let (text, response) = ask_openssl(&world.authority, signer, &leaf, state, &request);
            let mut world = World::of(world.root.clone(), world.authority.clone());
            world.material.ocsp.push(response);
            let now = Clock::system().now();
            let explanation = explain(&leaf.certificate, &world.material, &world.policy, now);
            let codes: Vec<Code> = explanation.verdict.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, expected, "{text}");
            assert_eq!(explanation.evidence[0].kind, EvidenceKind::Ocsp);
        }
    }
}

/// A CRL of the scope of [`URL`].
fn scoped_list(issuer: &Identity, revoked: &[Revoked<'_>]) -> Vec<u8> {
    let revoked: Vec<_> =
        revoked.iter().map(|(serial, date, extensions)| (*serial, at(date), extensions.clone())).collect();
    let name = der::context(0, &der::context(0, &der::tlv(0x86, URL.as_bytes())));
    let point = ("2.5.29.28", true, der::sequence(&[&name]));
    issuer.crl_with(at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), &revoked, &[point])
}

fn between(from: &str, to: &str) -> Intervals {
    Intervals(vec![(Some(at(from)), Some(at(to)))])
}
