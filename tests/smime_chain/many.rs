//! More certificates than anybody sends: the good path is found, and the work is bounded, whatever the machine.

use signet::mime::Message;
use signet::smime::{examine, signer_material};

use super::*;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};

/// Certificates that bear a name and did not issue anything. One key signs all of them.
fn impostors(subject: &[u8], count: usize, change: impl Fn(&mut Spec)) -> Vec<Certificate> {
    let nobody = pki::authority("Nobody").self_signed();
    let mut spec = pki::authority("Impostor");
    spec.subject = subject.to_vec();
    change(&mut spec);
    let impostor = |serial| Spec { serial, ..spec.clone() }.issued_by(&nobody).certificate;
    (0..count as i64).map(impostor).collect()
}

fn subject(identity: &Identity) -> Vec<u8> {
    identity.certificate.parse().unwrap().subject_der
}

#[test]
fn thousands_of_impostors_neither_hide_the_issuer_nor_cost_a_check_each() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let usual = world.work(&leaf);
    assert_eq!((usual.certificates, usual.signatures, usual.steps), (3, 2, 3));

    let mut intermediates = impostors(&subject(&world.authority), 5000, |_| {});
    intermediates.append(&mut world.material.intermediates);
    world.material.intermediates = intermediates;
    assert_eq!(world.words(&leaf), [""; 0]);
    let work = world.work(&leaf);
    assert!(work.signatures <= 300, "{work:?}");
    assert!(work.steps <= 10, "{work:?}");
}

#[test]
fn what_is_beyond_the_bounds_is_not_read() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    world.material.intermediates.extend(impostors(b"0\0", 11_000, |_| {}));
    assert_eq!(world.work(&leaf).certificates, 10_002);
}

/// Every authority of a layer is certified by every one above: more ways than could be walked, none to an anchor.
#[test]
fn a_mesh_costs_no_more_than_its_bounds() {
    let mut world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let names: Vec<Spec> = (0..6).map(|at| pki::authority(&format!("Mesh {at}"))).collect();
    let mut intermediates: Vec<Certificate> = Vec::new();
    for issuer in &names {
        let issuer = issuer.clone().self_signed();
        for spec in &names {
            intermediates.push(spec.clone().issued_by(&issuer).certificate);
        }
        let mut authority = pki::authority("Authority");
        authority.key = world.authority.key.clone();
        intermediates.push(authority.issued_by(&issuer).certificate);
    }
    world.material.intermediates.splice(0..0, intermediates);
    assert_eq!(world.words(&leaf), [""; 0]);
    world.material.anchors.clear();
    assert!(!world.words(&leaf).is_empty());
    let work = world.work(&leaf);
    assert!(work.steps <= 4096 && work.signatures <= 4096, "{work:?}");
}

/// The facts keep, and the signer brings, the certificates that the path needs, wherever in the CMS they stand.
#[test]
fn a_message_full_of_certificates_brings_the_right_ones() {
    let root = pki::authority("Root").self_signed();
    let upper = pki::authority("Upper").issued_by(&root);
    let lower = pki::authority("Lower").issued_by(&upper);
    let leaf = anna().issued_by(&lower);
    let mut data = SignedData::detached(&Signature::by(&leaf), ENTITY.as_bytes());
    for (identity, count) in [(&lower, 500), (&upper, 400)] {
        let key = identity.certificate.parse().unwrap().subject_key_identifier.unwrap();
        // The same key identifier too: nothing but the signature tells them apart.
        let impostors = impostors(&subject(identity), count, |spec| {
            spec.forged_key_identifier = Some(key.clone());
        });
        data.certificates.extend(impostors.into_iter().map(|certificate| certificate.0));
    }
    data.certificates.extend([upper.certificate.0.clone(), lower.certificate.0.clone()]);
    let raw = multipart_signed(&header("Anna <anna@example.org>"), ENTITY, &data.der());
    let facts = examine(&Message::parse(&raw).unwrap());
    assert_eq!(facts.problems, []);
    assert_eq!(facts.certificates.len(), 256);
    let (signer, intermediates) = signer_material(&facts, 0).unwrap();
    assert_eq!(intermediates.len(), 2);
    let material =
        TrustMaterial { anchors: vec![root.certificate.into()], intermediates, ..TrustMaterial::default() };
    assert_eq!(evaluate(&signer, &material, &Policy::default(), at(NOW)).problems, []);
}

/// What a signer is must not depend on what else came along.
#[test]
fn impostors_make_no_other_signer() {
    let world = World::new();
    let leaf = anna().issued_by(&world.authority);
    let mut data = SignedData::detached(&Signature::by(&leaf), ENTITY.as_bytes());
    data.certificates.push(world.authority.certificate.0.clone());
    let signer_of = |data: &SignedData| {
        let raw = multipart_signed(&header("Anna <anna@example.org>"), ENTITY, &data.der());
        signer_material(&examine(&Message::parse(&raw).unwrap()), 0).unwrap()
    };
    let plain = signer_of(&data);
    let impostors = impostors(&subject(&world.authority), 60, |_| {});
    data.certificates.extend(impostors.into_iter().map(|certificate| certificate.0));
    assert!(signer_of(&data) == plain);
}
