//! What an evaluation used, and what it names that could be fetched.

use signet::smime::{EvidenceKind, Explanation, Wanted, WantedKind, explain};

use super::*;
use crate::support::ocsp::{self, answer, good, reply};

const LIST: &str = "http://crl.example.org/users.crl";
const DELTA: &str = "http://crl.example.org/delta.crl";
const RESPONDER: &str = "http://ocsp.example.org/";
const ISSUER: &str = "http://pki.example.org/authority.cer";
const THEN: &str = "2025-12-30T00:00:00Z";

impl World {
    fn explained(&self, leaf: &Identity) -> Explanation {
        explain(&leaf.certificate, &self.material, &self.policy, at(NOW))
    }

    fn wants(&self, leaf: &Identity) -> Vec<Wanted> {
        self.explained(leaf).wanted
    }
}

/// A person whose certificate names everything that it can.
fn anna_with_all() -> Spec {
    let mut spec = anna();
    spec.extensions.push(("2.5.29.31", false, points(&["ldap://ldap.example.org/cn=users", LIST])));
    spec.extensions.push(("2.5.29.46", false, points(&[DELTA])));
    let access = [(OCSP, RESPONDER), (OCSP, "ldap://ocsp.example.org/"), (CA_ISSUERS, ISSUER)];
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, accesses(&access)));
    spec
}

/// cRLDistributionPoints, or freshestCRL, with a point for each URL.
fn points(urls: &[&str]) -> Vec<u8> {
    let points = urls.iter().flat_map(|url| {
        let name = der::context(0, &der::context(0, &der::tlv(0x86, url.as_bytes())));
        der::sequence(&[&name])
    });
    der::tlv(0x30, &points.collect::<Vec<u8>>())
}

const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

fn accesses(accesses: &[(&str, &str)]) -> Vec<u8> {
    let accesses = accesses
        .iter()
        .flat_map(|(method, url)| der::sequence(&[&der::oid(method), &der::tlv(0x86, url.as_bytes())]));
    der::tlv(0x30, &accesses.collect::<Vec<u8>>())
}

fn wanted(what: WantedKind, url: &str, next_update: Option<&str>, is_missing: bool) -> Wanted {
    Wanted { what, url: url.to_owned(), next_update: next_update.map(at), is_missing }
}

fn asking(leaf: &Identity, issuer: &Identity) -> WantedKind {
    WantedKind::Ocsp { certificate: leaf.certificate.clone(), issuer: issuer.certificate.clone() }
}

#[test]
fn all_sources_that_http_reaches_are_told_and_what_is_missing_first() {
    let world = World::new();
    let leaf = anna_with_all().issued_by(&world.authority);
    assert_eq!(
        world.wants(&leaf),
        [
            wanted(WantedKind::Crl, LIST, None, true),
            wanted(asking(&leaf, &world.authority), RESPONDER, None, true),
            wanted(WantedKind::Crl, DELTA, None, false),
        ]
    );
    assert_eq!(world.explained(&leaf).evidence, []);
}

#[test]
fn what_is_at_hand_is_told_with_its_next_update() {
    let world = World::new();
    let leaf = anna_with_all().issued_by(&world.authority);
    let older = crl(&world.authority, "2025-11-01T00:00:00Z", "2025-12-02T00:00:00Z", &[]);
    let newer = current_crl(&world.authority, &[]);
    let response =
        reply(&world.authority, &[answer(&world.authority, &leaf.certificate, good(), THEN)]).der();
    let mut world = world.with_crl(older).with_crl(newer.clone());
    let (crl_until, ocsp_until) = (Some("2026-02-01T00:00:00Z"), Some("2026-01-06T00:00:00Z"));
    assert_eq!(
        world.wants(&leaf),
        [
            wanted(WantedKind::Crl, LIST, crl_until, false),
            wanted(WantedKind::Crl, DELTA, None, false),
            wanted(asking(&leaf, &world.authority), RESPONDER, None, false),
        ]
    );
    world.material.ocsp.push(response.clone());
    assert_eq!(world.wants(&leaf)[2].next_update, ocsp_until.map(at));

    let evidence = world.explained(&leaf).evidence;
    let told: Vec<_> = evidence.iter().map(|used| (used.kind, used.digest, used.next_update)).collect();
    assert_eq!(
        told,
        [
            (EvidenceKind::Crl, openssl::sha::sha256(&newer), at(crl_until.unwrap())),
            (EvidenceKind::Ocsp, openssl::sha::sha256(&response), at(ocsp_until.unwrap())),
        ]
    );
    assert!(evidence.iter().all(|used| used.certificate == leaf.certificate && used.revoked_from.is_none()));
}

#[test]
fn evidence_that_revokes_is_told_before_newer_evidence() {
    let world = World::new();
    let spec = anna();
    let entry = (spec.serial, "2025-10-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let older = crl(&world.authority, "2025-10-06T00:00:00Z", "2025-11-06T00:00:00Z", &[entry]);
    let newer = current_crl(&world.authority, &[]);
    let world = world.with_crl(newer).with_crl(older);
    let evidence = world.explained(&leaf).evidence;
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].this_update, at("2025-10-06T00:00:00Z"));
    assert_eq!(evidence[0].revoked_from, Some(at("2025-10-05T00:00:00Z")));
}

#[test]
fn nothing_is_missing_where_nothing_could_change() {
    let stale = |world: &World| crl(&world.authority, "2025-11-01T00:00:00Z", "2025-12-02T00:00:00Z", &[]);
    let missing =
        |world: &World, leaf: &Identity| world.wants(leaf).iter().filter(|wanted| wanted.is_missing).count();
    let world = World::new();
    let leaf = anna_with_all().issued_by(&world.authority);
    let list = stale(&world);
    assert_eq!(missing(&world.with_crl(list), &leaf), 2, "out of date");

    let world = World::new();
    let mut expired = anna_with_all();
    expired.not_after = at("2025-11-01T00:00:00Z");
    assert_eq!(missing(&world, &expired.issued_by(&world.authority)), 2, "it still counts for deliveries");

    let mut purposeless = anna_with_all();
    purposeless.extended_key_usage = vec!["1.3.6.1.5.5.7.3.1"];
    let hopeless = purposeless.issued_by(&world.authority);
    assert_eq!((missing(&world, &hopeless), world.wants(&hopeless).len()), (0, 3));

    let spec = anna_with_all();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let list = crl(&world.authority, "2025-11-06T00:00:00Z", "2025-12-02T00:00:00Z", &[entry]);
    assert_eq!(missing(&world.with_crl(list), &leaf), 0, "revoked");

    // Of two that lack something now, the one that is revoked already.
    let of_authority = "http://crl.example.org/root.crl";
    let world = World::with_authority(|spec| {
        spec.extensions.push(("2.5.29.31", false, points(&[of_authority])));
    });
    let spec = anna_with_all();
    let entry = (spec.serial, "2025-11-05T00:00:00Z", vec![]);
    let leaf = spec.issued_by(&world.authority);
    let list = crl(&world.authority, "2025-11-06T00:00:00Z", "2025-12-02T00:00:00Z", &[entry]);
    let wants = world.with_crl(list).wants(&leaf);
    let missing: Vec<&str> =
        wants.iter().filter(|wanted| wanted.is_missing).map(|wanted| wanted.url.as_str()).collect();
    assert_eq!(missing, [of_authority]);
}

#[test]
fn policies_that_require_nothing_miss_nothing() {
    let world = World::new();
    let leaf = anna_with_all().issued_by(&world.authority);
    let world = world.asking(Revocation::Soft);
    assert_eq!(world.wants(&leaf).len(), 3);
    assert!(world.wants(&leaf).iter().all(|wanted| !wanted.is_missing));
    assert_eq!(world.asking(Revocation::Off).wants(&leaf), []);
}

#[test]
fn issuers_are_told_of_too_up_to_the_anchor() {
    let of_authority = "https://crl.example.org/root.crl";
    let world = World::with_authority(|spec| {
        spec.extensions.push(("2.5.29.31", false, points(&[of_authority])));
    });
    let leaf = anna().issued_by(&world.authority);
    assert_eq!(world.wants(&leaf), [wanted(WantedKind::Crl, of_authority, None, true)]);
}

#[test]
fn where_issuers_are_is_told_if_no_anchor_is_found() {
    let above = "http://pki.example.org/root.cer";
    let world = World::with_authority(|spec| {
        spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, accesses(&[(CA_ISSUERS, above)])));
    });
    let leaf = anna_with_all().issued_by(&world.authority);
    let issuers = |world: &World| world.wants(&leaf);
    assert!(issuers(&world).iter().all(|wanted| wanted.what != WantedKind::Issuer), "the anchor is found");

    let mut alone = World::of(world.root.clone(), world.authority.clone());
    alone.material.intermediates.clear();
    assert_eq!(issuers(&alone), [wanted(WantedKind::Issuer, ISSUER, None, true)]);

    let mut unknown = World::of(world.root.clone(), world.authority.clone());
    unknown.material.anchors.clear();
    let both =
        [wanted(WantedKind::Issuer, above, None, true), wanted(WantedKind::Issuer, ISSUER, None, false)];
    assert_eq!(issuers(&unknown), both);
    // A root that nobody trusts may have been certified by one that somebody does.
    unknown.material.intermediates.push(world.root.certificate.clone());
    assert_eq!(issuers(&unknown), both.map(|wanted| Wanted { is_missing: false, ..wanted }));
}

#[test]
fn what_those_name_who_sign_evidence_is_wanted_too() {
    let world = World::new();
    let leaf = anna_with_all().issued_by(&world.authority);
    let of_responder = "http://crl.example.org/responders.crl";
    let mut spec = ocsp::responder("Responder");
    spec.extensions = vec![("2.5.29.31", false, points(&[of_responder]))];
    let responder = spec.issued_by(&world.authority);
    let answer = answer(&world.authority, &leaf.certificate, good(), THEN);
    let mut world = world;
    world.material.ocsp.push(reply(&responder, &[answer]).with(&responder.certificate).der());
    assert!(world.wants(&leaf).contains(&wanted(WantedKind::Crl, of_responder, None, true)));

    // A certificate that signs lists under the authority's name, below the root.
    let of_signer = "http://crl.example.org/signers.crl";
    let mut spec = pki::authority("Authority");
    (spec.is_ca, spec.key_usage) = (false, Some(0x02));
    spec.extensions.push(("2.5.29.31", false, points(&[of_signer])));
    let signer = spec.issued_by(&world.root);
    world.material.intermediates.push(signer.certificate.clone());
    let world = world.with_crl(current_crl(&signer, &[]));
    assert!(world.wants(&leaf).contains(&wanted(WantedKind::Crl, of_signer, None, true)));
}

#[test]
fn what_is_told_is_bounded() {
    let world = World::new();
    let mut spec = anna();
    let urls: Vec<String> = (0..32)
        .map(|number| format!("http://crl.example.org/{number}"))
        .chain([format!("http://{}.example.org/", "a".repeat(2048)), "http://crl.example.org/a b".to_owned()])
        .collect();
    let access: Vec<(&str, String)> =
        (0..64).map(|number| (OCSP, format!("http://ocsp.example.org/{number}"))).collect();
    let access: Vec<(&str, &str)> = access.iter().map(|(method, url)| (*method, url.as_str())).collect();
    let names: Vec<u8> = urls.iter().flat_map(|url| der::tlv(0x86, url.as_bytes())).collect();
    let point = der::sequence(&[&der::context(0, &der::context(0, &names))]);
    spec.extensions.push(("2.5.29.31", false, der::tlv(0x30, &point.repeat(4))));
    spec.extensions.push(("2.5.29.46", false, points(&(0..32).map(|_| DELTA).collect::<Vec<_>>())));
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, accesses(&access)));
    let leaf = spec.issued_by(&world.authority);
    let wants = world.wants(&leaf);
    assert_eq!(wants.len(), 8 + 16 + 1, "{wants:#?}");
    let world = World::with_authority(|other| other.extensions.push(("2.5.29.31", false, points_of_many())));
    assert_eq!(world.wants(&anna_with_many().issued_by(&world.authority)).len(), 64);
}

fn anna_with_many() -> Spec {
    let mut spec = anna();
    spec.extensions.push(("2.5.29.31", false, points_of_many()));
    let access: Vec<String> = (0..16).map(|number| format!("http://ocsp.example.org/{number}")).collect();
    let access: Vec<(&str, &str)> = access.iter().map(|url| (OCSP, url.as_str())).collect();
    spec.extensions.push(("1.3.6.1.5.5.7.1.1", false, accesses(&access)));
    spec
}

/// Thirty-two points of two URLs.
fn points_of_many() -> Vec<u8> {
    let points = (0..32).flat_map(|number| {
        let names = ["a", "b"]
            .iter()
            .flat_map(|name| der::tlv(0x86, format!("http://{name}.example.org/{number}").as_bytes()));
        der::sequence(&[&der::context(0, &der::context(0, &names.collect::<Vec<u8>>()))])
    });
    der::tlv(0x30, &points.collect::<Vec<u8>>())
}
