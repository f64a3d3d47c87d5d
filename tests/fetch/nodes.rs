//! Several nodes, of which some die: each source is fetched once, and no verdict goes without.

use serde_json::json;
use signet::clock::Clock;
use signet::reach::Allowed;
use signet::smime::Status;
use signet::store::trust::add_anchor;

use super::*;
use crate::support::node::NOON;
use crate::support::{TestServer, until};
use crate::trust::DELIVERED;

#[tokio::test]
async fn of_two_nodes_one_fetches() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    let other = trust(&scene.node.store);
    scene.web.open(false);
    let account = scene.node.account;
    let emails = [email];
    let (one, other_worker, other_request, ()) = tokio::join!(
        scene.node.trust.fetch_due(),
        other.fetch_due(),
        other.refresh_emails(account, &emails),
        async {
            scene.web.until_asked("/ca.crl", 1).await;
            scene.web.open(true);
        }
    );
    assert_eq!(one.unwrap().len() + other_worker.unwrap().len(), 1);
    other_request.unwrap();
    assert_eq!(scene.web.asked("/ca.crl").len(), 1);
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified), "the request waited");
}

#[tokio::test]
async fn what_a_node_was_fetching_when_it_died_another_fetches_later() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    scene.web.open(false);
    tokio::select! {
        _ = scene.node.trust.fetch_due() => panic!("nobody answers"),
        () = scene.web.until_asked("/ca.crl", 1) => {}
    }
    scene.web.open(true);
    assert_eq!(scene.work().await, Vec::<&str>::new(), "the dead node has the lease");
    scene.wait(81);
    assert_eq!(scene.work().await, ["ok"]);
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified));
}

#[tokio::test]
async fn verdicts_that_a_node_did_not_get_to_tell_are_told_by_another() {
    let scene = Scene::new().await;
    let (ann, serial) = scene.ann("/ca.crl");
    scene.web.content("/ca.crl", &scene.current_crl());
    let email = scene.deliver(&ann, 1).await;
    scene.work().await;
    // A node stored this, and died before it made any verdict due.
    let crl = scene.crl("2026-03-01T11:00:00Z", NEXT_UPDATE, &[serial]);
    let record = signet::trust::material::crl_record(&crl, &scene.web.url("/ca.crl")).unwrap();
    let stored = scene.node.store.transaction("test", async |transaction| {
        signet::store::trust::store_crls(transaction, std::slice::from_ref(&record)).await
    });
    stored.await.unwrap();
    let died = "UPDATE source SET tell = 'all', leased_until = '2026-03-01T12:01:00Z'";
    scene.node.database.client().batch_execute(died).await.unwrap();
    assert_eq!(scene.work().await, Vec::<&str>::new());
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Verified));
    scene.wait(61);
    scene.work().await;
    assert_eq!(scene.node.stored_smime(email).await.status, Some(Status::Failed));
    assert_eq!(scene.count("SELECT count(*) FROM source WHERE tell IS NOT NULL").await, 0);
}

#[tokio::test]
async fn the_workers_of_two_nodes_fetch_what_mail_needs_and_clients_hear_of_it() {
    let (pki, web) = (Pki::new(), Web::start().await);
    let [one, other] = TestServer::pair_with(&Clock::frozen(at(NOON)), |config| {
        config.fetch.enabled = true;
        config.fetch.allow = vec![Allowed::try_from("127.0.0.0/8".to_owned()).unwrap()];
    })
    .await;
    let anchor = pki.anchor(at(NOON));
    let added = one.store.transaction("test", async |transaction| add_anchor(transaction, &anchor).await);
    assert!(added.await.unwrap());
    let ann = pki.ann(|spec| crl_at(spec, &web.url("/ca.crl")));
    web.content("/ca.crl", &pki.intermediate.crl(at(THIS_UPDATE), at(NEXT_UPDATE), &[]));
    web.open(false);
    let id = one.import(pki.message(&ann, 1), "inbox", DELIVERED).await;
    let state = one.one("Email/get", json!({"ids": []})).await["state"].clone();
    web.until_asked("/ca.crl", 1).await;
    web.open(true);
    until("change of the message", async || {
        let changes = other.one("Email/changes", json!({"sinceState": state})).await;
        changes["updated"] == json!([id])
    })
    .await;
    let arguments = json!({"ids": [id], "properties": ["smimeStatus"]});
    let email = other.one("Email/get", arguments).await["list"][0].clone();
    assert_eq!(email["smimeStatus"], "signed/verified");
    assert_eq!(web.asked("/ca.crl").len(), 1);
    let metrics =
        [&one, &other].map(async |node| node.get("/metrics").send().await.unwrap().text().await.unwrap());
    let mut fetches = 0;
    for text in metrics {
        fetches += text.await.matches("signet_fetches_total{kind=\"crl\",outcome=\"ok\"} 1").count();
    }
    assert_eq!(fetches, 1);
}
