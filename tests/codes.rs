//! Every code that there is comes out of some message, the whole way from its bytes to its status.

use openssl::hash::MessageDigest;
use signet::mime::Message;
use signet::smime::{Clocks, Code, Outcome, Status, compose, evaluate, examine};

use crate::smime_chain::{NOW, URL, World, anna_with_source, at, crl, current_crl};
use crate::smime_facts::FROM_ANNA;
use crate::smime_facts::forms::{entity_of, mixed};
use crate::smime_facts::signatures::{altered, clear, forged, with_unknown_algorithm};
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::pki::{self, Identity, KeyType};

/// A message and what is known when it is judged.
struct Case {
    raw: Vec<u8>,
    world: World,
}

#[test]
fn every_code_is_the_only_problem_of_some_message() {
    for &code in Code::ALL {
        let outcome = case(code).outcome();
        let codes: Vec<Code> = outcome.errors.iter().map(|problem| problem.code).collect();
        assert_eq!((codes, outcome.status), (vec![code], Some(Status::Failed)), "{code:?}");
    }
}

#[test]
fn the_message_that_they_all_vary_is_good() {
    let world = World::new();
    let outcome = Case { raw: signed_by(&world.anna(|_| {})), world }.outcome();
    assert_eq!((outcome.errors, outcome.status), (vec![], Some(Status::Verified)));
}

#[test]
fn missing_evidence_is_told_with_its_source() {
    let errors = case(Code::RevocationUnavailable).outcome().errors;
    assert_eq!((&errors[0].parameters["url"], &errors[0].parameters["kind"]), (&URL.into(), &"crl".into()));
}

/// A message of Anna's, and a world in which this is all that is wrong with it.
fn case(code: Code) -> Case {
    let world = World::new();
    let anna = world.anna(|_| {});
    let data = SignedData::detached(&Signature::by(&anna), ENTITY.as_bytes());
    match code {
        Code::MalformedSignature => {
            let cut_off = &data.der()[..100];
            Case { raw: multipart_signed(&header(FROM_ANNA), ENTITY, cut_off), world }
        }
        Code::PartialSignature => {
            let footer = "Content-Type: text/plain\r\n\r\nYou are on this list.";
            Case { raw: mixed(&header(FROM_ANNA), &entity_of(&clear(&data)), footer), world }
        }
        Code::ContentAltered => Case { raw: altered(&clear(&data)), world },
        Code::SignatureInvalid => Case { raw: clear(&forged(data)), world },
        Code::SignerCertificateMissing => {
            Case { raw: clear(&SignedData { certificates: Vec::new(), ..data }), world }
        }
        Code::UnsupportedAlgorithm => Case { raw: clear(&with_unknown_algorithm(data)), world },
        Code::WeakDigest => {
            let signature = Signature { digest: MessageDigest::sha1(), ..Signature::by(&anna) };
            Case { raw: clear(&SignedData::detached(&signature, ENTITY.as_bytes())), world }
        }
        Code::WeakKey => by(world, |spec| spec.key = pki::key(KeyType::WeakRsa)),
        Code::FromMismatch => from(world, &data, "Anna <mallory@example.org>"),
        Code::AmbiguousFrom => from(world, &data, "anna@example.org, mallory@example.org"),
        Code::NoAddressInCertificate => by(world, |spec| spec.addresses.clear()),
        Code::CertificateExpired => by(world, |spec| spec.not_after = at("2025-06-01T00:00:00Z")),
        Code::CertificateNotYetValid => by(world, |spec| spec.not_before = at("2026-06-01T00:00:00Z")),
        Code::CertificateRevoked => {
            let crl = current_crl(&world.authority, &[(serial(&anna), "2025-11-05T00:00:00Z", vec![])]);
            Case { raw: clear(&data), world: world.with_crl(crl) }
        }
        Code::IssuerExpired => {
            by(World::with_authority(|spec| spec.not_after = at("2025-06-01T00:00:00Z")), |_| {})
        }
        Code::IssuerRevoked => {
            let entry = (serial(&world.authority), "2025-11-05T00:00:00Z", vec![]);
            let crl = current_crl(&world.root, &[entry]);
            Case { raw: clear(&data), world: world.with_crl(crl) }
        }
        Code::IssuerNotFound => {
            let mut world = world;
            world.material.intermediates.clear();
            Case { raw: clear(&data), world }
        }
        Code::UntrustedRoot => {
            let mut world = world;
            let roots = world.material.anchors.drain(..).map(|anchor| anchor.certificate);
            world.material.intermediates.extend(roots);
            Case { raw: clear(&data), world }
        }
        Code::InvalidChain => by(World::with_authority(|spec| spec.is_ca = false), |_| {}),
        // keyEncipherment alone
        Code::WrongKeyUsage => by(world, |spec| spec.key_usage = Some(0x20)),
        // TLS servers alone
        Code::WrongExtendedKeyUsage => by(world, |spec| spec.extended_key_usage = vec!["1.3.6.1.5.5.7.3.1"]),
        Code::RevocationUnavailable => by(world, |spec| *spec = anna_with_source()),
        Code::RevocationExpired => {
            let old = crl(&world.authority, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", &[]);
            by(world.with_crl(old), |spec| *spec = anna_with_source())
        }
    }
}

/// Signed by Anna, whose certificate was changed.
fn by(world: World, change: impl FnOnce(&mut pki::Spec)) -> Case {
    Case { raw: signed_by(&world.anna(change)), world }
}

fn from(world: World, data: &SignedData, from: &str) -> Case {
    Case { raw: multipart_signed(&header(from), ENTITY, &data.der()), world }
}

fn signed_by(signer: &Identity) -> Vec<u8> {
    clear(&SignedData::detached(&Signature::by(signer), ENTITY.as_bytes()))
}

fn serial(identity: &Identity) -> i64 {
    i64::from_str_radix(&identity.certificate.parse().unwrap().serial, 16).unwrap()
}

impl Case {
    fn outcome(&self) -> Outcome {
        let facts = examine(&Message::parse(&self.raw).unwrap());
        let verdicts: Vec<_> = facts
            .signers
            .iter()
            .filter_map(|signer| Some((signer.is_sender, signer.certificate.as_ref()?)))
            .map(|(is_sender, leaf)| {
                (is_sender, evaluate(leaf, &self.world.material, &self.world.policy, at(NOW)))
            })
            .collect();
        let verdicts: Vec<_> = verdicts.iter().map(|(is_sender, verdict)| (*is_sender, verdict)).collect();
        compose(
            &facts,
            &verdicts,
            Clocks { now: at(NOW), received_at: Some(at(NOW)), weak: &self.world.policy.weak },
        )
    }
}
