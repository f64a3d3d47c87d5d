//! One source over time: what is kept of what comes, and when it is tried again.

use super::*;
use crate::support::ocsp;
use crate::support::web::Answer;
use crate::trust::Pki;

const EVIDENCE: &str = "SELECT count(*) FROM revocation_evidence";

#[tokio::test]
async fn only_what_its_issuer_signed_and_is_newer_is_kept() {
    let scene = Scene::new().await;
    let (ann, serial) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    let good = scene.current_crl();
    let stranger = Pki::new().intermediate;
    let forged = stranger.crl(at(THIS_UPDATE), at(NEXT_UPDATE), &[(serial, at(THIS_UPDATE), vec![])]);
    let future = scene.crl("2026-03-01T12:06:00Z", NEXT_UPDATE, &[]);
    let garbage = b"<html>this domain is for sale</html>".to_vec();
    let half = good[..good.len() / 2].to_vec();
    for (content, outcome) in
        [(forged, "wrong-signer"), (future, "future"), (garbage, "unreadable"), (half, "unreadable")]
    {
        scene.web.content("/ca.crl", &content);
        let attempt = scene.fetch("/ca.crl").await;
        assert_eq!((attempt.outcome, attempt.is_good()), (outcome, false), "{}", attempt.detail);
        assert_eq!(scene.count(EVIDENCE).await, 0, "{outcome}");
    }
    let pem = openssl::x509::X509Crl::from_der(&good).unwrap().to_pem().unwrap();
    for (content, outcome, stored) in [(pem, "ok", 1), (good, "unchanged", 1)] {
        scene.web.content("/ca.crl", &content);
        assert_eq!((scene.fetch("/ca.crl").await.outcome, scene.count(EVIDENCE).await), (outcome, stored));
    }
    scene.web.content("/ca.crl", &scene.crl("2026-02-28T11:00:00Z", NEXT_UPDATE, &[serial]));
    assert_eq!((scene.fetch("/ca.crl").await.outcome, scene.count(EVIDENCE).await), ("older", 1));
    // The clocks of authorities differ from ours.
    scene.web.content("/ca.crl", &scene.crl("2026-03-01T12:04:00Z", NEXT_UPDATE, &[]));
    assert_eq!((scene.fetch("/ca.crl").await.outcome, scene.count(EVIDENCE).await), ("ok", 2));
}

#[tokio::test]
async fn an_older_list_goes_unless_it_alone_tells_of_a_certificate_that_is_known() {
    let scene = Scene::new().await;
    let (ann, serial) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    let fetch = async |this_update: &str, revoked: &[i64]| {
        scene.web.content("/ca.crl", &scene.crl(this_update, NEXT_UPDATE, revoked));
        assert_eq!(scene.fetch("/ca.crl").await.outcome, "ok");
        scene.count(EVIDENCE).await
    };
    // Dates of entries follow thisUpdate here, so that what is listed twice is said anew; 7 is nobody known.
    assert_eq!(fetch("2026-02-28T01:00:00Z", &[7]).await, 1);
    assert_eq!(fetch("2026-02-28T02:00:00Z", &[serial]).await, 1);
    assert_eq!(fetch("2026-02-28T03:00:00Z", &[]).await, 2, "dropped from the list, though revoked");
    assert_eq!(fetch("2026-02-28T04:00:00Z", &[7]).await, 2);
}

#[tokio::test]
async fn an_older_response_goes_unless_it_tells_of_a_revocation() {
    let scene = Scene::new().await;
    let ann = scene.pki.ann(|spec| spec.extensions.push(ocsp::access(&scene.web.url("/ocsp"))));
    scene.deliver(&ann, 1).await;
    let fetch = async |this_update: &str, status: Vec<u8>| {
        let authority = &scene.pki.intermediate;
        let answer = ocsp::answer(authority, &ann.certificate, status, this_update);
        scene.web.content("/ocsp", &ocsp::reply(authority, &[answer]).der());
        let attempt = scene.fetch("/ocsp").await;
        assert_eq!(attempt.outcome, "ok", "{}", attempt.detail);
        scene.count(EVIDENCE).await
    };
    assert_eq!(fetch("2026-02-28T01:00:00Z", ocsp::good()).await, 1);
    assert_eq!(fetch("2026-02-28T02:00:00Z", ocsp::good()).await, 1);
    assert_eq!(fetch("2026-02-28T03:00:00Z", ocsp::revoked("2026-02-28T02:30:00Z", None)).await, 1);
    assert_eq!(fetch("2026-02-28T04:00:00Z", ocsp::good()).await, 2, "it was revoked once");
}

#[tokio::test]
async fn what_a_responder_says_of_others_is_not_kept() {
    let scene = Scene::new().await;
    let url = scene.web.url("/ocsp");
    let ann = scene.pki.ann(|spec| spec.extensions.push(ocsp::access(&url)));
    scene.deliver(&ann, 1).await;
    let (authority, stranger) = (&scene.pki.intermediate, Pki::new().intermediate);
    let say = |certificate, status| ocsp::answer(authority, certificate, status, THIS_UPDATE);
    let other = scene.pki.ann(|_| {});
    let of_other = ocsp::reply(authority, &[say(&other.certificate, ocsp::good())]).der();
    let of_stranger = ocsp::reply(&stranger, &[say(&ann.certificate, ocsp::good())]).der();
    let unknown = ocsp::reply(authority, &[say(&ann.certificate, ocsp::unknown())]).der();
    for (content, outcome) in [
        (of_other, "another-answer"),
        (of_stranger, "wrong-signer"),
        (unknown, "unknown"),
        (ocsp::unsuccessful(3), "responder"),
        (b"no response".to_vec(), "unreadable"),
    ] {
        scene.web.content("/ocsp", &content);
        let attempt = scene.fetch("/ocsp").await;
        assert_eq!((attempt.outcome, scene.count(EVIDENCE).await), (outcome, 0), "{}", attempt.detail);
    }
}

#[tokio::test]
async fn after_failures_the_waits_grow_and_a_success_ends_them() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    scene.web.answer("/ca.crl", Answer::Status(500, String::new(), Vec::new()));
    for longest in [60, 120, 240, 480] {
        let attempts = scene.node.trust.fetch_due().await.unwrap();
        let [attempt] = attempts.as_slice() else { panic!("{attempts:?}") };
        assert_eq!(attempt.outcome, "status");
        let wait = (attempt.next_at - scene.node.clock.now()).num_seconds();
        assert!((longest / 2..=longest).contains(&wait), "{wait} s of {longest}");
        assert_eq!(scene.work().await, Vec::<&str>::new(), "not before");
        scene.wait(wait + 1);
    }
    scene.web.content("/ca.crl", &scene.current_crl());
    assert_eq!(scene.work().await, ["ok"]);
    assert_eq!(scene.count("SELECT attempts::bigint FROM source WHERE last_error IS NULL").await, 0);
    scene.wait(86_401);
    scene.web.answer("/ca.crl", Answer::Status(429, "Retry-After: 7200\r\n".to_owned(), Vec::new()));
    let attempt = scene.node.trust.fetch_due().await.unwrap().remove(0);
    assert_eq!((attempt.next_at - scene.node.clock.now()).num_seconds(), 7200, "the server said so");
}

#[tokio::test]
async fn what_did_not_change_is_asked_for_by_its_tag_and_tells_nobody() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    let tag = "ETag: \"7\"\r\n".to_owned();
    scene.web.answer("/ca.crl", Answer::Status(200, tag, scene.current_crl()));
    assert_eq!(scene.work().await, ["ok"]);
    scene.web.answer("/ca.crl", Answer::Status(304, String::new(), Vec::new()));
    scene.wait(14 * 3600 + 1440);
    let attempts = scene.node.trust.fetch_due().await.unwrap();
    assert_eq!(attempts[0].outcome, "unchanged");
    assert_eq!(scene.web.asked("/ca.crl")[1].headers["if-none-match"], "\"7\"");
    assert_eq!(scene.node.trust.work().await.unwrap(), None, "no verdict is due");
    // Past four fifths of its validity it is looked for halfway to the end, again and again.
    let wait = attempts[0].next_at - scene.node.clock.now();
    assert_eq!(wait, (at(NEXT_UPDATE) - scene.node.clock.now()) / 2);
}

#[tokio::test]
async fn an_address_inside_is_not_called_and_not_tried_again_soon() {
    let mut scene = Scene::new().await;
    scene.node.trust = trust_with(&scene.node.store, Duration::from_secs(10), |options| {
        options.fetch.reach = Default::default();
    });
    let (ann, _) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    let attempt = scene.node.trust.fetch_due().await.unwrap().remove(0);
    assert_eq!(attempt.outcome, "refused");
    assert!((attempt.next_at - scene.node.clock.now()).num_hours() >= 12);
    assert!(scene.web.asked("/ca.crl").is_empty());
}

#[tokio::test]
async fn a_crl_that_came_by_mail_first_becomes_that_of_its_source() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    let crl = scene.current_crl();
    scene.web.content("/ca.crl", &crl);
    let record = signet::trust::material::crl_record(&crl, "message").unwrap();
    let stored = scene.node.store.transaction("test", async |transaction| {
        signet::store::trust::store_crls(transaction, std::slice::from_ref(&record)).await
    });
    assert_eq!(stored.await.unwrap(), 1);
    scene.deliver(&ann, 1).await;
    assert_eq!(scene.work().await, ["ok"]);
    let of_mail = "SELECT count(*) FROM revocation_evidence WHERE source = 'message'";
    assert_eq!((scene.count(EVIDENCE).await, scene.count(of_mail).await), (1, 0));
}
