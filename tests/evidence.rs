//! Evidence of revocation over time: what is stored, what an evaluation finds of it, and what strangers cannot do to it.

use chrono::Duration;
use signet::smime::{Certificate, Code, Status};
use signet::store::trust::{CrlRecord, OcspRecord, add_crls, store_crls, store_ocsp};
use signet::trust::material::{crl_record, ocsp_record};

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::der;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::node::at;
use crate::support::ocsp::{self, Reply, access, answer, good, reply, revoked};
use crate::support::pki::{self, Identity, KeyType, Spec};
use crate::trust::{DELIVERED, Pki, codes};

const URL: &str = "http://ocsp.example.org/";
const THEN: &str = "2026-02-28T00:00:00Z";

/// What the intermediate says of somebody, from [`THEN`] on for a week.
fn said(pki: &Pki, of: &Identity, status: Vec<u8>) -> Reply {
    reply(&pki.intermediate, &[answer(&pki.intermediate, &of.certificate, status, THEN)])
}

/// One that anybody can make, who knows the certificate.
fn forged(pki: &Pki, of: &Identity, second: i64) -> Vec<u8> {
    let mut forged = said(pki, of, revoked(THEN, None));
    forged.key = pki::key(KeyType::P256);
    forged.answers[0].this_update = at("2026-03-01T00:00:00Z") + Duration::seconds(second);
    forged.der()
}

fn naming_responder(spec: &mut Spec) {
    spec.extensions.push(access(URL));
}

impl Node {
    async fn store_responses(&self, responses: &[Vec<u8>], about: &[&Certificate], source: &str) -> u64 {
        let about: Vec<_> = about.iter().map(|certificate| certificate.parse().unwrap()).collect();
        let records: Vec<OcspRecord> =
            responses.iter().map(|der| ocsp_record(der, &about, source).unwrap()).collect();
        let stored = self.store.transaction("test", async |t| store_ocsp(t, &records).await);
        stored.await.unwrap()
    }

    async fn store_lists(&self, lists: &[Vec<u8>], source: &str) -> u64 {
        let records: Vec<CrlRecord> = lists.iter().map(|der| crl_record(der, source).unwrap()).collect();
        self.store.transaction("test", async |t| store_crls(t, &records).await).await.unwrap()
    }

    /// All verdicts are due at the next look.
    async fn a_day_later(&self) {
        self.clock.set(self.clock.now() + Duration::hours(24));
    }

    async fn sources(&self) -> Vec<String> {
        let rows = self.database.client().query("SELECT source FROM revocation_evidence ORDER BY 1", &[]);
        rows.await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test]
async fn a_response_that_is_stored_is_found_for_those_whom_it_is_about() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let (ann, other) = (pki.ann(naming_responder), pki.ann(naming_responder));
    let first = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let second = node.deliver(&pki.message(&other, 2), DELIVERED).await.email;
    assert_eq!(codes(&node.smime(first).await), [Code::RevocationUnavailable]);

    let response = said(&pki, &ann, good()).der();
    let stored = node.store_responses(std::slice::from_ref(&response), &[&ann.certificate], URL).await;
    assert_eq!(stored, 1);
    assert_eq!(node.store_responses(&[response], &[&ann.certificate], URL).await, 0, "known");
    assert_eq!(codes(&node.smime(first).await), [Code::RevocationUnavailable], "nothing became due");
    node.a_day_later().await;
    let good = node.smime(first).await;
    assert_eq!((good.status, good.status_at_delivery), (Some(Status::Verified), Some(Status::Verified)));
    assert_eq!(codes(&node.smime(second).await), [Code::RevocationUnavailable]);

    let bad = said(&pki, &ann, revoked("2026-02-28T12:00:00Z", Some(1))).der();
    node.store_responses(&[bad], &[&ann.certificate], URL).await;
    node.a_day_later().await;
    let bad = node.smime(first).await;
    assert_eq!((bad.status, bad.status_at_delivery), (Some(Status::Failed), Some(Status::Verified)));
    assert_eq!(codes(&bad), [Code::CertificateRevoked]);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn one_response_about_several_is_found_for_each_and_one_about_nobody_is_not_stored() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let (ann, other) = (pki.ann(naming_responder), pki.ann(naming_responder));
    let emails = [
        node.deliver(&pki.message(&ann, 1), DELIVERED).await.email,
        node.deliver(&pki.message(&other, 2), DELIVERED).await.email,
    ];
    let mut both = said(&pki, &ann, good());
    both.answers.push(answer(&pki.intermediate, &other.certificate, good(), THEN));
    node.store_responses(&[both.der()], &[&ann.certificate, &other.certificate], URL).await;
    node.a_day_later().await;
    for email in emails {
        assert_eq!(node.smime(email).await.status, Some(Status::Verified));
    }
    let about = [pki.root.certificate.parse().unwrap()];
    assert!(ocsp_record(&both.der(), &about, URL).is_err());
    let unknown = said(&pki, &ann, ocsp::unknown()).der();
    assert!(ocsp_record(&unknown, &[ann.certificate.parse().unwrap()], URL).is_err());
}

#[tokio::test]
async fn responses_that_come_with_a_message_are_evidence_for_it() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let ann = pki.ann(naming_responder);
    let response = said(&pki, &ann, good()).der();
    let of_a_stranger = said(&pki, &pki.ann(|_| {}), good()).der();
    let other = |format: &str, value: &[u8]| der::context(1, &[&der::oid(format), value].concat());
    let mut data = SignedData::detached(&Signature::by(&ann), ENTITY.as_bytes());
    data.certificates.push(pki.intermediate.certificate.0.clone());
    data.crls = vec![
        other("1.3.6.1.5.5.7.16.2", &response),
        other("1.3.6.1.5.5.7.16.2", &of_a_stranger),
        other("1.3.6.1.5.5.7.16.4", &der::null()),
        other("1.3.6.1.5.5.7.16.2", &der::null()),
    ];
    let message = multipart_signed(&header("Ann <ann@example.org>"), ENTITY, &data.der());
    let email = node.deliver(&message, DELIVERED).await.email;
    let columns = node.smime(email).await;
    assert_eq!(
        (columns.status, columns.status_at_delivery),
        (Some(Status::Verified), Some(Status::Verified))
    );
    assert_eq!(node.sources().await, ["message"], "what is about others is not kept");
}

#[tokio::test]
async fn the_best_source_of_evidence_is_remembered() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(naming_responder);
    let response = [said(&pki, &ann, good()).der()];
    let list = [pki.intermediate.crl(at(THEN), at("2027-01-01T00:00:00Z"), &[])];
    for (source, expected) in [
        ("message", "message"),
        (URL, URL),
        ("message", URL),
        ("http://other.example/", URL),
        ("operator", "operator"),
    ] {
        node.store_responses(&response, &[&ann.certificate], source).await;
        node.store_lists(&list, source).await;
        assert_eq!(node.sources().await, [expected, expected], "{source}");
    }
    node.store_responses(&response, &[&ann.certificate], URL).await;
    assert_eq!(node.sources().await, ["operator", "operator"]);
}

#[tokio::test]
async fn forged_evidence_in_mail_hides_neither_what_was_fetched_nor_what_was_believed() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let (fetched, mailed) = (pki.ann(naming_responder), pki.ann(naming_responder));
    let emails = [
        node.deliver(&pki.message(&fetched, 1), DELIVERED).await.email,
        node.deliver(&pki.message(&mailed, 2), DELIVERED).await.email,
    ];
    node.store_responses(&[said(&pki, &fetched, good()).der()], &[&fetched.certificate], URL).await;
    node.store_responses(&[said(&pki, &mailed, good()).der()], &[&mailed.certificate], "message").await;
    node.a_day_later().await;
    for email in emails {
        assert_eq!(node.smime(email).await.status, Some(Status::Verified));
    }
    for of in [&fetched, &mailed] {
        let flood: Vec<Vec<u8>> = (0..100).map(|second| forged(&pki, of, second)).collect();
        assert_eq!(node.store_responses(&flood, &[&of.certificate], "message").await, 100);
    }
    node.a_day_later().await;
    for email in emails {
        assert_eq!(node.smime(email).await.status, Some(Status::Verified));
    }
}

#[tokio::test]
async fn forged_lists_in_mail_hide_neither_what_was_fetched_nor_what_was_believed() {
    for source in [URL, "message"] {
        let (node, pki) = (Node::new().await, Pki::new());
        node.trust_root(&pki).await;
        let ann = pki.ann(naming_responder);
        let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
        let genuine = pki.intermediate.crl(at(THEN), at("2026-03-20T00:00:00Z"), &[]);
        node.store_lists(&[genuine], source).await;
        node.a_day_later().await;
        assert_eq!(node.smime(email).await.status, Some(Status::Verified));
        let imposter = pki::authority("Intermediate").self_signed();
        let flood: Vec<Vec<u8>> = (0..100)
            .map(|second| {
                let this_update = at("2026-03-01T00:00:00Z") + Duration::seconds(second);
                imposter.crl(this_update, at("2026-03-20T00:00:00Z"), &[])
            })
            .collect();
        assert_eq!(node.store_lists(&flood, "message").await, 100);
        node.a_day_later().await;
        assert_eq!(node.smime(email).await.status, Some(Status::Verified), "{source}");
    }
}

#[tokio::test]
async fn forged_issuers_in_mail_do_not_hide_one_that_led_to_an_anchor() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let flood = |from: usize| {
        let mut data = SignedData::detached(&Signature::by(&pki.ann(|_| {})), ENTITY.as_bytes());
        data.certificates.extend((0..80).map(|_| pki::authority("Intermediate").self_signed().certificate.0));
        let header = header("Ann <ann@example.org>").replace("<1@", &format!("<{from}@"));
        multipart_signed(&header, ENTITY, &data.der())
    };
    // Forged ones that were there first would win by their age alone.
    node.deliver(&flood(11), DELIVERED).await;
    node.clock.set(node.clock.now() + Duration::minutes(1));
    let ann = pki.ann(|_| {});
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    assert_eq!(node.smime(email).await.status, Some(Status::Verified), "it came with the message");
    let bare = {
        let data = SignedData::detached(&Signature::by(&pki.ann(|_| {})), ENTITY.as_bytes());
        multipart_signed(&header("Ann <ann@example.org>").replace("<1@", "<12@"), ENTITY, &data.der())
    };
    let email = node.deliver(&bare, DELIVERED).await.email;
    assert_eq!(node.smime(email).await.status, Some(Status::Verified), "it was proved by the one before");
}

#[tokio::test]
async fn a_revocation_is_remembered_when_lists_tell_of_it_no_longer() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut serial = 0;
    let ann = pki.ann(|spec| {
        serial = spec.serial;
        spec.not_after = at("2026-03-05T00:00:00Z");
    });
    let first = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let revoked = (serial, at("2026-02-27T00:00:00Z"), vec![]);
    let list = |day: i64, entries: &[_]| {
        let this_update = at("2026-03-01T00:00:00Z") + Duration::days(day);
        pki.intermediate.crl(this_update, this_update + Duration::days(7), entries)
    };
    node.store_lists(&[list(0, &[revoked])], URL).await;
    node.a_day_later().await;
    assert_eq!(codes(&node.smime(first).await), [Code::CertificateRevoked]);
    // More lists than an evaluation reads, after the certificate has expired and its issuer has forgotten it.
    let later: Vec<Vec<u8>> = (10..90).map(|day| list(day, &[])).collect();
    assert_eq!(node.store_lists(&later, URL).await, 80);
    node.clock.set(at("2026-06-01T00:00:00Z"));
    let late = node.deliver(&pki.message(&ann, 2), DELIVERED).await.email;
    let late = node.smime(late).await;
    assert_eq!((late.status, late.status_at_delivery), (Some(Status::Failed), Some(Status::Failed)));
    assert!(codes(&late).contains(&Code::CertificateRevoked));
}

#[tokio::test]
async fn the_operators_lists_come_before_any_others() {
    let (node, pki) = (Node::new().await, Pki::new());
    node.trust_root(&pki).await;
    let mut serial = 0;
    let ann = pki.ann(|spec| serial = spec.serial);
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let revoked = (serial, at("2026-02-27T00:00:00Z"), vec![]);
    let old = pki.intermediate.crl(at("2026-02-27T00:00:00Z"), at("2026-03-20T00:00:00Z"), &[revoked]);
    let others: Vec<Vec<u8>> = (0..100)
        .map(|second| {
            let this_update = at("2026-03-01T00:00:00Z") + Duration::seconds(second);
            pki.intermediate.crl(this_update, at("2026-03-20T00:00:00Z"), &[])
        })
        .collect();
    node.store_lists(&others, URL).await;
    let record = crl_record(&old, "operator").unwrap();
    let added = node.store.transaction("test", async |t| add_crls(t, std::slice::from_ref(&record)).await);
    assert_eq!(added.await.unwrap().new, 1);
    assert_eq!(codes(&node.smime(email).await), [Code::CertificateRevoked]);
}
