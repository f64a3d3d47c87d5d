//! Evidence at the door: which requests are made, and which answers are worth keeping (RFC 6960 §3.2, §4.1).

use std::process::Command;

use openssl::hash::MessageDigest;
use signet::clock::Clock;
use signet::smime::{CrlRefusal, OcspRefusal, crl_speaks_for, ocsp_answers, ocsp_request};

use super::*;
use crate::support::ocsp::{self, Reply, answer, good, reply, revoked, unknown};

const THEN: &str = "2025-12-30T00:00:00Z";

/// What the door says at [`NOW`], asked with a nonce.
fn refusal(world: &World, leaf: &Identity, response: &[u8]) -> Option<OcspRefusal> {
    ocsp_answers(response, &leaf.certificate, &world.authority.certificate, Some(b"nonce"), at(NOW)).err()
}

/// A good answer about the leaf of the authority's own.
fn good_reply(world: &World, leaf: &Identity) -> Reply {
    reply(&world.authority, &[answer(&world.authority, &leaf.certificate, good(), THEN)])
}

#[test]
fn what_the_issuer_or_its_responder_says_is_kept() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let plain = good_reply(&world, &leaf);
    let kept =
        ocsp_answers(&plain.der(), &leaf.certificate, &world.authority.certificate, Some(b"nonce"), at(NOW));
    assert_eq!(
        kept.map(|kept| (kept.this_update, kept.next_update)),
        Ok((at(THEN), at("2026-01-06T00:00:00Z")))
    );

    let mut by_key = plain.clone();
    by_key.responder = ocsp::by_key(&world.authority);
    by_key.nonce = Some(b"nonce".to_vec());
    assert_eq!(refusal(&world, &leaf, &by_key.der()), None);
    for digest in [MessageDigest::sha256(), MessageDigest::sha384(), MessageDigest::sha512()] {
        let mut hashed = plain.clone();
        hashed.answers[0].digest = digest;
        assert_eq!(refusal(&world, &leaf, &hashed.der()), None);
    }
    let responder = ocsp::responder("Responder").issued_by(&world.authority);
    let delegated = reply(&responder, &plain.answers).with(&responder.certificate);
    assert_eq!(refusal(&world, &leaf, &delegated.der()), None);
    let bad = answer(&world.authority, &leaf.certificate, revoked(THEN, Some(1)), THEN);
    assert_eq!(refusal(&world, &leaf, &reply(&world.authority, &[bad]).der()), None);
}

#[test]
fn what_answers_something_else_is_refused() {
    let world = World::new();
    let (leaf, other) = (anna().issued_by(&world.authority), anna().issued_by(&world.authority));
    let mut of_another_nonce = good_reply(&world, &leaf);
    of_another_nonce.nonce = Some(b"another".to_vec());
    let of_another_digest = |change: fn(&mut ocsp::Answer)| {
        let mut reply = good_reply(&world, &leaf);
        change(&mut reply.answers[0]);
        reply.der()
    };
    let unknown = answer(&world.authority, &leaf.certificate, unknown(), THEN);
    for (response, expected) in [
        (of_another_nonce.der(), OcspRefusal::AnotherNonce),
        (good_reply(&world, &other).der(), OcspRefusal::AnotherCertificate),
        (of_another_digest(|answer| answer.issuer_name.push(0)), OcspRefusal::AnotherCertificate),
        (of_another_digest(|answer| answer.issuer_key.push(0)), OcspRefusal::AnotherCertificate),
        // A digest that collides does not say whom it means.
        (of_another_digest(|answer| answer.digest = MessageDigest::md5()), OcspRefusal::AnotherCertificate),
        (reply(&world.authority, &[unknown]).der(), OcspRefusal::UnknownCertificate),
        (ocsp::unsuccessful(3), OcspRefusal::Unsuccessful("tryLater")),
        (ocsp::unsuccessful(6), OcspRefusal::Unsuccessful("unauthorized")),
        (b"<html>".to_vec(), OcspRefusal::Unreadable),
        (Vec::new(), OcspRefusal::Unreadable),
    ] {
        assert_eq!(refusal(&world, &leaf, &response), Some(expected));
    }
}

#[test]
fn what_is_signed_by_somebody_else_is_refused() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let answers = good_reply(&world, &leaf).answers;
    let said_by = |responder: &Identity| {
        let reply = reply(responder, &answers).with(&responder.certificate);
        refusal(&world, &leaf, &reply.der())
    };
    let mut purposeless = ocsp::responder("Responder");
    purposeless.extended_key_usage = vec!["2.5.29.37.0"];
    let mut expired = ocsp::responder("Responder");
    expired.not_after = at("2025-12-29T00:00:00Z");
    for responder in [
        purposeless.issued_by(&world.authority),
        expired.issued_by(&world.authority),
        ocsp::responder("Responder").issued_by(&world.root),
        ocsp::responder("Responder").self_signed(),
        leaf.clone(),
    ] {
        assert_eq!(said_by(&responder), Some(OcspRefusal::WrongSigner));
    }
    let mut misnamed = good_reply(&world, &leaf);
    misnamed.responder = ocsp::by_key(&world.root);
    assert_eq!(refusal(&world, &leaf, &misnamed.der()), Some(OcspRefusal::WrongSigner));
    let mut forged = good_reply(&world, &leaf);
    forged.key = pki::key(KeyType::P256);
    assert_eq!(refusal(&world, &leaf, &forged.der()), Some(OcspRefusal::WrongSigner));
}

#[test]
fn what_is_out_of_time_is_refused() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let from = |this_update: &str, next_update: Option<&str>| {
        let mut reply = good_reply(&world, &leaf);
        reply.answers[0].this_update = at(this_update);
        reply.answers[0].next_update = next_update.map(at);
        refusal(&world, &leaf, &reply.der())
    };
    assert_eq!(from("2025-12-01T00:00:00Z", Some(NOW)), Some(OcspRefusal::OutOfDate));
    assert_eq!(from("2025-12-31T12:00:00Z", None), Some(OcspRefusal::OutOfDate));
    assert_eq!(from("2025-12-31T12:00:01Z", None), None);
    assert_eq!(from("2026-01-01T12:05:00Z", Some("2026-01-02T00:00:00Z")), None, "clocks differ");
    assert_eq!(from("2026-01-01T12:05:01Z", Some("2026-01-02T00:00:00Z")), Some(OcspRefusal::FromTheFuture));
}

#[test]
fn what_a_responder_has_forgotten_is_refused() {
    let world = World::new();
    let mut spec = anna();
    spec.not_after = at("2025-12-01T00:00:00Z");
    let leaf = spec.issued_by(&world.authority);
    let mut response = good_reply(&world, &leaf);
    assert_eq!(refusal(&world, &leaf, &response.der()), Some(OcspRefusal::Forgotten));
    let cutoff = der::generalized_time(at("2020-01-01T00:00:00Z"));
    response.answers[0].extensions.push(("1.3.6.1.5.5.7.48.1.6", false, cutoff));
    assert_eq!(refusal(&world, &leaf, &response.der()), None);
}

#[test]
fn no_response_that_is_cut_or_no_der_is_read() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let whole = good_reply(&world, &leaf).der();
    for length in 0..whole.len() {
        assert_eq!(refusal(&world, &leaf, &whole[..length]), Some(OcspRefusal::Unreadable), "{length}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(refusal(&world, &leaf, &longer), Some(OcspRefusal::Unreadable));
    // The outermost length in one octet more than it takes.
    assert_eq!(whole[..2], [0x30, 0x82]);
    let relaxed = [&[0x30, 0x83, 0], &whole[2..]].concat();
    assert_eq!(refusal(&world, &leaf, &relaxed), Some(OcspRefusal::Unreadable));
}

#[test]
fn a_list_is_kept_if_its_issuer_signed_it() {
    let world = World::new();
    let list = current_crl(&world.authority, &[]);
    let issuers = [world.root.certificate.clone(), world.authority.certificate.clone()];
    let kept = crl_speaks_for(&list, &issuers).unwrap();
    assert_eq!(
        (kept.this_update, kept.next_update),
        (at("2025-12-01T00:00:00Z"), at("2026-02-01T00:00:00Z"))
    );
    let imposter = pki::authority("Authority").self_signed();
    for (list, refusal) in [
        (current_crl(&imposter, &[]), CrlRefusal::WrongSigner),
        (current_crl(&anna().issued_by(&world.authority), &[]), CrlRefusal::WrongSigner),
        (list[..list.len() - 1].to_vec(), CrlRefusal::Unreadable),
        (b"<html>".to_vec(), CrlRefusal::Unreadable),
    ] {
        assert_eq!(crl_speaks_for(&list, &issuers), Err(refusal));
    }
    assert_eq!(crl_speaks_for(&list, &issuers[..1]), Err(CrlRefusal::WrongSigner));
}

#[test]
fn openssl_understands_the_request_and_its_answer_is_kept() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let responder = ocsp::responder("Responder").issued_by(&world.authority);
    let request =
        ocsp_request(&leaf.certificate, &world.authority.certificate, Some(b"0123456789abcdef")).unwrap();
    for signer in [&world.authority, &responder] {
        for (state, status) in [("V", "good"), ("R", "revoked")] {
            let (text, response) = ask_openssl(&world.authority, signer, &leaf, state, &request);
            assert!(
                text.contains("OCSP Nonce") && text.contains(&format!("Cert Status: {status}")),
                "{text}"
            );
            let answer = |nonce: &[u8]| {
                let issuer = &world.authority.certificate;
                ocsp_answers(&response, &leaf.certificate, issuer, Some(nonce), Clock::system().now())
            };
            assert!(answer(b"0123456789abcdef").is_ok(), "{text}");
            assert_eq!(answer(b"0123456789abcdeg"), Err(OcspRefusal::AnotherNonce));
        }
    }
}

/// What `openssl ocsp` answers to a request, as text and as DER. `state` is V or R.
pub fn ask_openssl(
    issuer: &Identity,
    signer: &Identity,
    leaf: &Identity,
    state: &str,
    request: &[u8],
) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, content: &[u8]| std::fs::write(path(name), content).unwrap();
    let serial = leaf.certificate.parse().unwrap().serial.to_uppercase();
    let revoked = if state == "R" { "251230000000Z,keyCompromise" } else { "" };
    write("index", format!("{state}\t400101000000Z\t{revoked}\t{serial}\tunknown\t/CN=Anna\n").as_bytes());
    write("issuer.pem", &issuer.x509().to_pem().unwrap());
    write("signer.pem", &signer.x509().to_pem().unwrap());
    write("key.pem", &signer.key.private_key_to_pem_pkcs8().unwrap());
    write("request", request);
    let output = Command::new("openssl")
        .current_dir(folder.path())
        .args(["ocsp", "-text", "-ndays", "3", "-index", "index", "-CA", "issuer.pem"])
        .args(["-rsigner", "signer.pem", "-rkey", "key.pem", "-reqin", "request", "-respout", "response"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    (text, std::fs::read(path("response")).unwrap())
}
