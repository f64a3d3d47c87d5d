//! Verdicts that wait for what they lack, and those who wait for them.

use std::time::{Duration, Instant};

use signet::smime::{Code, Status};
use signet::trust::Freshness;

use super::*;
use crate::support::audit::audit;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::ocsp;
use crate::support::web::{Answer, Make};
use crate::trust::{DELIVERED, codes};

#[tokio::test]
async fn mail_lands_as_signed_and_becomes_verified_once_its_crl_has_come() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    let landed = scene.node.stored_smime(email).await;
    assert_eq!((landed.status, landed.status_at_delivery), (Some(Status::Signed), Some(Status::Signed)));
    assert!(scene.web.asked("/ca.crl").is_empty(), "a delivery calls nobody");

    let before = scene.node.email_state().await;
    assert_eq!(scene.work().await, ["ok"]);
    let settled = scene.node.stored_smime(email).await;
    assert_eq!(
        (settled.status, settled.status_at_delivery),
        (Some(Status::Verified), Some(Status::Verified))
    );
    assert_eq!(scene.node.updated_since(before).await, [email.0]);
    let second = scene.deliver(&ann, 2).await;
    assert_eq!(scene.node.stored_smime(second).await.status, Some(Status::Verified), "it is known by now");
    assert_eq!(scene.web.asked("/ca.crl").len(), 1);
    audit(scene.node.database.client()).await;
}

#[tokio::test]
async fn a_revocation_that_comes_later_turns_messages_where_they_must() {
    let scene = Scene::new().await;
    let (ann, serial) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    scene.work().await;
    // Four fifths of two days after thisUpdate.
    scene.wait(14 * 3600 + 1440);
    let before = scene.node.email_state().await;
    scene.web.content("/ca.crl", &scene.crl("2026-03-02T02:00:00Z", "2026-03-04T02:00:00Z", &[serial]));
    assert_eq!(scene.work().await, ["ok"]);
    let revoked = scene.node.stored_smime(email).await;
    assert_eq!((revoked.status, revoked.status_at_delivery), (Some(Status::Failed), Some(Status::Verified)));
    assert_eq!(codes(&revoked), [Code::CertificateRevoked]);
    assert_eq!(scene.node.updated_since(before).await, [email.0]);
}

#[tokio::test]
async fn what_cannot_be_fetched_is_told_after_the_attempt_with_its_url() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    let email = scene.deliver(&ann, 1).await;
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Signed));
    assert_eq!(scene.work().await, ["status"]);
    let failed = scene.node.stored_smime(email).await;
    assert_eq!((failed.status, failed.status_at_delivery), (Some(Status::Failed), Some(Status::Signed)));
    let problem = &failed.errors.unwrap()[0];
    assert_eq!(problem.code, Code::RevocationUnavailable);
    assert_eq!(problem.parameters["url"], scene.web.url("/ca.crl"));
    // It comes after all.
    scene.web.content("/ca.crl", &scene.current_crl());
    scene.wait(60);
    assert_eq!(scene.work().await, ["ok"]);
    let settled = scene.node.stored_smime(email).await;
    assert_eq!(
        (settled.status, settled.status_at_delivery),
        (Some(Status::Verified), Some(Status::Verified))
    );
}

#[tokio::test]
async fn a_request_fetches_what_it_needs_and_waits_for_it() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    scene.web.open(false);
    let email = scene.deliver(&ann, 1).await;
    let opened = async {
        scene.web.until_asked("/ca.crl", 1).await;
        scene.web.open(true);
    };
    let (smime, ()) = tokio::join!(scene.node.smime(email), opened);
    assert_eq!(smime.status, Some(Status::Verified));
    let (account, web) = (scene.node.account, &scene.web);
    assert_eq!(scene.node.trust.refresh_account(account).await.unwrap(), Freshness::Fresh);
    assert_eq!(web.asked("/ca.crl").len(), 1);
}

#[tokio::test]
async fn past_the_deadline_the_answer_is_signed_and_another_may_fetch() {
    let mut scene = Scene::new().await;
    scene.node.trust = trust_with(&scene.node.store, Duration::from_millis(300), |_| {});
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    scene.web.open(false);
    let email = scene.deliver(&ann, 1).await;
    let started = Instant::now();
    let freshness = scene.node.trust.refresh_emails(scene.node.account, &[email]).await.unwrap();
    assert_eq!(freshness, Freshness::DeadlinePassed);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Signed));
    scene.web.open(true);
    assert_eq!(scene.work().await, ["ok"], "the lease did not stay behind");
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified));
}

#[tokio::test]
async fn a_delivery_waits_as_long_as_the_operator_says() {
    let mut scene = Scene::new().await;
    scene.node.trust = trust_with(&scene.node.store, Duration::from_secs(20), |options| {
        options.delivery_wait = Duration::from_secs(20);
    });
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified));
}

#[tokio::test]
async fn a_verdict_says_what_it_said_until_its_renewed_evidence_was_tried_for() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    scene.work().await;
    scene.web.answer("/ca.crl", Answer::Status(503, String::new(), Vec::new()));
    scene.node.clock.set(at("2026-03-02T12:00:01Z"));
    scene.evaluate().await;
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified), "it is being tried");
    assert_eq!(scene.work().await, ["status"]);
    let outdated = scene.node.stored_smime(email).await;
    assert_eq!((outdated.status, codes(&outdated)), (Some(Status::Failed), vec![Code::RevocationExpired]));
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_node_that_fetches() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    let email = scene.deliver(&ann, 1).await;
    scene.wait(599);
    scene.evaluate().await;
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Signed));
    scene.wait(1);
    scene.evaluate().await;
    assert_eq!(codes(&scene.node.stored_smime(email).await), [Code::RevocationUnavailable]);
}

#[tokio::test]
async fn what_fetching_cannot_mend_is_told_at_once() {
    let scene = Scene::new().await;
    let ann = scene.pki.ann(|spec| {
        spec.not_after = at("2026-02-28T10:00:00Z");
        crl_at(spec, &scene.web.url("/ca.crl"));
    });
    let email = scene.deliver(&ann, 1).await;
    let smime = scene.node.stored_smime(email).await;
    assert_eq!(smime.status, Some(Status::Failed));
    assert!(codes(&smime).contains(&Code::CertificateExpired));
}

#[tokio::test]
async fn a_chain_without_its_issuer_is_completed() {
    for in_cms in [false, true] {
        let scene = Scene::new().await;
        let url = scene.web.url("/ca.p7c");
        let ann = scene.pki.ann(|spec| authority_at(spec, CA_ISSUERS, &url));
        let intermediate = &scene.pki.intermediate.certificate.0;
        let mut published = SignedData::detached(&Signature::by(&ann), b"whatever");
        published.certificates = vec![intermediate.clone()];
        scene.web.content("/ca.p7c", &if in_cms { published.der() } else { intermediate.clone() });
        let data = SignedData::detached(&Signature::by(&ann), ENTITY.as_bytes());
        let message = multipart_signed(&header("Ann <ann@example.org>"), ENTITY, &data.der());
        let email = scene.node.deliver(&message, DELIVERED).await.email;
        assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Signed));
        assert_eq!(scene.work().await, ["ok"]);
        assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified), "{in_cms}");
    }
}

#[tokio::test]
async fn a_responder_is_asked_and_believed() {
    for is_revoked in [false, true] {
        let scene = Scene::new().await;
        let ann = scene.pki.ann(|spec| spec.extensions.push(ocsp::access(&scene.web.url("/ocsp"))));
        let status = if is_revoked { ocsp::revoked(THIS_UPDATE, Some(1)) } else { ocsp::good() };
        let authority = &scene.pki.intermediate;
        let answer = ocsp::answer(authority, &ann.certificate, status, THIS_UPDATE);
        let response = ocsp::reply(authority, &[answer]).der();
        scene.web.answer("/ocsp", Answer::Made(Make(std::sync::Arc::new(move |_| response.clone()))));
        let email = scene.deliver(&ann, 1).await;
        assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Signed));
        assert_eq!(scene.work().await, ["ok"]);
        let smime = scene.node.stored_smime(email).await;
        let expected = if is_revoked { Status::Failed } else { Status::Verified };
        assert_eq!(smime.status, Some(expected), "{:?}", smime.errors);
        let asked = scene.web.asked("/ocsp").remove(0);
        let question = signet::smime::ocsp_request(&ann.certificate, &authority.certificate, None).unwrap();
        assert_eq!(asked.body, question);
    }
}

#[tokio::test]
async fn where_nothing_is_fetched_what_is_missing_is_told_at_once() {
    let mut scene = Scene::new().await;
    scene.node.trust = Trust::new(scene.node.store.clone(), Policy::default(), Duration::from_secs(10));
    let (ann, _) = scene.ann("/ca.crl");
    let email = scene.deliver(&ann, 1).await;
    assert_eq!(codes(&scene.node.stored_smime(email).await), [Code::RevocationUnavailable]);
    assert_eq!(scene.count("SELECT count(*) FROM source").await, 0);
}
