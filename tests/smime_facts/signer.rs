//! Which certificates make a signer.

use signet::smime::{Certificate, signer_material};

use super::{FROM_ANNA, ROOT, facts};
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::pki::{Identity, KeyType, authority, person};

fn sent_with(anna: &Identity, certificates: &[&Identity]) -> (Certificate, Vec<Certificate>) {
    let mut data = SignedData::detached(&Signature::by(anna), ENTITY.as_bytes());
    data.certificates.extend(certificates.iter().map(|identity| identity.certificate.0.clone()));
    let found = facts(&multipart_signed(&header(FROM_ANNA), ENTITY, &data.der()));
    signer_material(&found, 0).unwrap()
}

#[test]
fn unrelated_certificates_and_their_order_do_not_make_another_signer() {
    let upper = authority("Upper").issued_by(&ROOT);
    let lower = authority("Lower").issued_by(&upper);
    let unrelated = authority("Unrelated").issued_by(&ROOT);
    let anna = person("Anna Example", KeyType::P256, &["anna@example.org"]).issued_by(&lower);
    let plain = sent_with(&anna, &[&lower, &upper]);
    assert_eq!(plain.0, anna.certificate);
    assert_eq!(plain.1.len(), 2);
    assert_eq!(sent_with(&anna, &[&upper, &unrelated, &lower, &lower]), plain);
    assert_ne!(sent_with(&anna, &[&lower, &upper, &ROOT]), plain);
}

#[test]
fn authorities_that_issue_each_other_end() {
    let (one, other) = (authority("One"), authority("Other"));
    let (first, second) = (one.clone().self_signed(), other.clone().self_signed());
    let crossed = [one.issued_by(&second), other.issued_by(&first)];
    let anna = person("Anna Example", KeyType::P256, &["anna@example.org"]).issued_by(&first);
    assert_eq!(sent_with(&anna, &[&crossed[0], &crossed[1]]).1.len(), 2);
}

#[test]
fn a_signer_without_certificate_has_no_material() {
    let anna = person("Anna Example", KeyType::P256, &["anna@example.org"]).issued_by(&ROOT);
    let data =
        SignedData { certificates: vec![], ..SignedData::detached(&Signature::by(&anna), ENTITY.as_bytes()) };
    let found = facts(&multipart_signed(&header(FROM_ANNA), ENTITY, &data.der()));
    assert_eq!(signer_material(&found, 0), None);
    assert_eq!(signer_material(&found, 1), None);
}

#[test]
fn certificates_are_told_as_people_read_them() {
    let mut spec = person("Anna, \"Example\"\u{202E} #1", KeyType::P256, &["a@example.org", "b@example.org"]);
    spec.serial = 0x1234;
    let anna = spec.issued_by(&ROOT).certificate.parse().unwrap();
    assert_eq!(anna.subject, "CN=Anna\\, \\\"Example\\\"\\E2\\80\\AE #1");
    assert_eq!((anna.issuer.as_str(), anna.serial.as_str()), ("CN=Example Root", "1234"));
    assert_eq!(anna.addresses, ["a@example.org", "b@example.org"]);
    assert_eq!(anna.not_before.to_rfc3339(), "2020-01-01T00:00:00+00:00");
    assert!(!anna.is_ca && ROOT.certificate.parse().unwrap().is_ca);
    assert!(ROOT.certificate.parse().unwrap().is_self_issued());
    assert_eq!(anna.authority_key_identifier, ROOT.certificate.parse().unwrap().subject_key_identifier);
    let mut longer = ROOT.certificate.clone();
    longer.0.push(0);
    assert!(longer.parse().is_err());
}
