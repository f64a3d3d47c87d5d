//! Two nodes on one database: what one does, the other knows.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::http::password;
use signet::store::login;
use signet::store::trust::add_anchor;

use crate::support::TestServer;
use crate::support::audit::audit;
use crate::support::mail::header;
use crate::support::node::{NOON, at};
use crate::support::server::PASSWORD;
use crate::trust::{DELIVERED, Pki};

const SMIME: [&str; 3] = ["smimeStatus", "smimeStatusAtDelivery", "smimeVerifiedAt"];

fn plain(number: usize) -> Vec<u8> {
    let header = header("Ann <ann@example.org>").replace("<1@", &format!("<{number}@"));
    format!("{header}Content-Type: text/plain\r\n\r\nNumber {number}.\r\n").into_bytes()
}

async fn trust_root(node: &TestServer, pki: &Pki) {
    let anchor = pki.anchor(at(NOON));
    let added =
        node.store.transaction("test", async |transaction| add_anchor(transaction, &anchor).await).await;
    assert!(added.unwrap());
}

/// The state of a data type.
async fn state(node: &TestServer, data_type: &str) -> Value {
    node.one(&format!("{data_type}/get"), json!({"ids": []})).await["state"].clone()
}

async fn email(node: &TestServer, id: &str, properties: &[&str]) -> Value {
    node.one("Email/get", json!({"ids": [id], "properties": properties})).await["list"][0].clone()
}

/// smimeStatus and smimeStatusAtDelivery.
async fn statuses(node: &TestServer, id: &str) -> [Value; 2] {
    let email = email(node, id, &SMIME).await;
    [email["smimeStatus"].clone(), email["smimeStatusAtDelivery"].clone()]
}

/// What /changes tells: created, updated, destroyed.
async fn changes(node: &TestServer, data_type: &str, since: &Value) -> [Value; 3] {
    let changes = node.one(&format!("{data_type}/changes"), json!({"sinceState": since})).await;
    assert_eq!(changes["newState"], state(node, data_type).await);
    ["created", "updated", "destroyed"].map(|what| changes[what].clone())
}

async fn found(node: &TestServer, filter: Value) -> Value {
    node.one("Email/query", json!({"filter": filter})).await["ids"].clone()
}

#[tokio::test]
async fn mail_that_one_node_changes_the_other_shows_at_once() {
    let [one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let [inbox, archive] = [one.mailbox("inbox").await, other.mailbox("archive").await];
    let before = state(&one, "Email").await;
    let id = one.import(plain(1), "inbox", DELIVERED).await;
    assert_eq!(changes(&other, "Email", &before).await, [json!([id]), json!([]), json!([])]);
    assert_eq!(found(&other, json!({"inMailbox": inbox})).await, json!([id]));

    let imported = state(&one, "Email").await;
    let update = json!({"update": {&id: {"keywords/$seen": true, "mailboxIds": {&archive: true}}}});
    let set = other.one("Email/set", update).await;
    assert_eq!(set["oldState"], imported);
    assert_eq!(set["newState"], state(&one, "Email").await);
    assert_eq!(changes(&one, "Email", &imported).await, [json!([]), json!([id]), json!([])]);
    assert_eq!(
        email(&one, &id, &["keywords", "mailboxIds"]).await,
        json!({"id": id, "keywords": {"$seen": true}, "mailboxIds": {&archive: true}})
    );
    assert_eq!(found(&one, json!({"inMailbox": inbox})).await, json!([]));
    assert_eq!(found(&one, json!({"inMailbox": archive, "hasKeyword": "$seen"})).await, json!([id]));

    let stale = one.one("Email/set", json!({"ifInState": imported, "destroy": [id]})).await;
    assert_eq!(stale["type"], "stateMismatch");
    let current = set["newState"].clone();
    let destroyed = one.one("Email/set", json!({"ifInState": current, "destroy": [id]})).await;
    assert_eq!(destroyed["destroyed"], json!([id]));
    assert_eq!(other.one("Email/get", json!({"ids": [id]})).await["notFound"], json!([id]));
    assert_eq!(changes(&other, "Email", &current).await[2], json!([id]));
    audit(one.database.client()).await;
}

#[tokio::test]
async fn mailboxes_that_one_node_makes_the_other_fills() {
    let [one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let before = state(&other, "Mailbox").await;
    let made = one.one("Mailbox/set", json!({"create": {"k": {"name": "Invoices"}}})).await;
    let mailbox = made["created"]["k"]["id"].as_str().unwrap();
    assert_eq!(changes(&other, "Mailbox", &before).await[0], json!([mailbox]));
    let id = other.import(plain(1), "inbox", DELIVERED).await;
    let both = format!("mailboxIds/{mailbox}");
    other.one("Email/set", json!({"update": {&id: {both: true}}})).await;
    let got = one.one("Mailbox/get", json!({"ids": [mailbox], "properties": ["totalEmails"]})).await;
    assert_eq!(got["list"], json!([{"id": mailbox, "totalEmails": 1}]));
    let refused = one.one("Mailbox/set", json!({"destroy": [mailbox]})).await;
    assert_eq!(refused["notDestroyed"][mailbox]["type"], "mailboxHasEmail");
    audit(one.database.client()).await;
}

#[tokio::test]
async fn a_password_that_is_changed_counts_on_both_nodes() {
    let nodes = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let login = async |node: &TestServer, password: &str| {
        let request = node.client.get(node.url("/jmap/session"));
        request.basic_auth("ann@example.org", Some(password)).send().await.unwrap().status()
    };
    for node in &nodes {
        assert_eq!(login(node, PASSWORD).await, StatusCode::OK);
    }
    let hash = password::hash("new").unwrap();
    let changed = nodes[0].store.transaction("test", async |transaction| {
        login::set_password(transaction, "ann@example.org", &hash).await
    });
    assert!(changed.await.unwrap());
    for node in &nodes {
        assert_eq!(login(node, PASSWORD).await, StatusCode::UNAUTHORIZED);
        assert_eq!(login(node, "new").await, StatusCode::OK);
    }
}

#[tokio::test]
async fn writers_on_both_nodes_lose_nothing() {
    const EMAILS: usize = 6;
    const WRITERS: usize = 3;
    const ROUNDS: usize = 4;
    let nodes = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let mut ids = Vec::new();
    for number in 0..EMAILS {
        ids.push(nodes[number % 2].import(plain(number), "inbox", DELIVERED).await);
    }
    let (inbox, archive) = (nodes[0].mailbox("inbox").await, nodes[0].mailbox("archive").await);
    let before = state(&nodes[0], "Email").await;

    // Each writer gives each email keywords of its own, and puts all of them in and out of the archive.
    let writer = async |number: usize| {
        let mut states = Vec::new();
        for round in 0..ROUNDS {
            let keyword = format!("keywords/w{number}r{round}");
            let archived = format!("mailboxIds/{archive}");
            let is_archived = if (number + round).is_multiple_of(2) { json!(true) } else { Value::Null };
            // Not all in the same order.
            let mut order: Vec<&String> = ids.iter().collect();
            order.rotate_left((number + round) % EMAILS);
            let update: serde_json::Map<String, Value> = order
                .into_iter()
                .map(|id| (id.clone(), json!({&keyword: true, &archived: is_archived})))
                .collect();
            let set = nodes[number % 2].one("Email/set", json!({"update": update})).await;
            assert_eq!(set["updated"].as_object().unwrap().len(), EMAILS, "{set}");
            assert_eq!(set["notUpdated"], Value::Null);
            states.push([set["oldState"].clone(), set["newState"].clone()]);
        }
        states
    };
    let states: Vec<[Value; 2]> =
        join_all((0..2 * WRITERS).map(writer)).await.into_iter().flatten().collect();

    let keywords: serde_json::Map<String, Value> = (0..2 * WRITERS)
        .flat_map(|number| (0..ROUNDS).map(move |round| (format!("w{number}r{round}"), json!(true))))
        .collect();
    for id in &ids {
        for node in &nodes {
            let email = email(node, id, &["keywords", "mailboxIds"]).await;
            assert_eq!(email["keywords"], Value::Object(keywords.clone()));
            assert_eq!(email["mailboxIds"][&inbox], true);
        }
    }
    // Each call took the account from the state in which another left it to one of its own.
    let text = |state: &Value| state.as_str().unwrap().to_owned();
    let old: BTreeSet<String> = states.iter().map(|[old, _]| text(old)).collect();
    let new: BTreeSet<String> = states.iter().map(|[_, new]| text(new)).collect();
    assert_eq!((old.len(), new.len()), (states.len(), states.len()));
    let first: Vec<&String> = old.difference(&new).collect();
    assert_eq!(first, [&text(&before)]);
    let last: Vec<&String> = new.difference(&old).collect();
    assert_eq!(last, [&text(&state(&nodes[1], "Email").await)]);
    for node in &nodes {
        let [_, updated, _] = changes(node, "Email", &before).await;
        assert_eq!(updated.as_array().unwrap().len(), EMAILS);
    }
    audit(nodes[0].database.client()).await;
}

#[tokio::test]
async fn an_anchor_counts_on_the_other_node_at_once() {
    let [one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let pki = Pki::new();
    let id = one.import(pki.message(&pki.ann(|_| {}), 1), "inbox", DELIVERED).await;
    assert_eq!(statuses(&other, &id).await, ["signed/failed", "signed/failed"]);
    let before = state(&one, "Email").await;
    trust_root(&one, &pki).await;
    assert_eq!(found(&other, json!({"hasVerifiedSmime": true})).await, json!([id]));
    assert_eq!(statuses(&one, &id).await, ["signed/verified", "signed/verified"]);
    assert_eq!(changes(&one, "Email", &before).await, [json!([]), json!([id]), json!([])]);
    audit(one.database.client()).await;
}

#[tokio::test]
async fn a_hint_makes_the_worker_of_a_node_verify_although_nobody_asks() {
    let [mut one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let pki = Pki::new();
    one.import(pki.message(&pki.ann(|_| {}), 1), "inbox", DELIVERED).await;
    one.stop();
    tokio::time::timeout(Duration::from_secs(20), one.ended()).await.unwrap();
    trust_root(&other, &pki).await;
    let verified = async {
        let status = "SELECT smime_status::text FROM email";
        while other.database.client().query_one(status, &[]).await.unwrap().get::<_, &str>(0)
            != "signed/verified"
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), verified).await.unwrap();
}

#[tokio::test]
async fn when_a_certificate_expires_both_nodes_say_so_everywhere() {
    let clock = Clock::frozen(at(NOON));
    let nodes = TestServer::pair(&clock).await;
    let pki = Pki::new();
    trust_root(&nodes[0], &pki).await;
    let ann = pki.ann(|spec| spec.not_after = at("2026-03-05T08:00:00Z"));
    let id = nodes[0].import(pki.message(&ann, 1), "inbox", DELIVERED).await;
    assert_eq!(statuses(&nodes[1], &id).await, ["signed/verified", "signed/verified"]);
    let before = state(&nodes[1], "Email").await;

    // A verdict that is confirmed moves smimeVerifiedAt, which is no change by itself (RFC 9219 §4.3).
    clock.set(at("2026-03-04T08:00:00Z"));
    for node in &nodes {
        assert_eq!(email(node, &id, &SMIME).await["smimeVerifiedAt"], "2026-03-04T08:00:00Z");
        assert_eq!(found(node, json!({"hasVerifiedSmime": true})).await, json!([id]));
        assert_eq!(changes(node, "Email", &before).await, [json!([]), json!([]), json!([])]);
        assert_eq!(state(node, "Email").await, before);
    }

    clock.set(at("2026-03-05T08:00:01Z"));
    assert_eq!(found(&nodes[1], json!({"hasVerifiedSmime": true})).await, json!([]));
    let after = state(&nodes[0], "Email").await;
    assert_ne!(after, before);
    for node in &nodes {
        assert_eq!(found(node, json!({"hasVerifiedSmime": false})).await, json!([id]));
        assert_eq!(found(node, json!({"hasVerifiedSmimeAtDelivery": true})).await, json!([id]));
        assert_eq!(statuses(node, &id).await, ["signed/failed", "signed/verified"]);
        assert_eq!(changes(node, "Email", &before).await, [json!([]), json!([id]), json!([])]);
        assert_eq!(state(node, "Email").await, after);
    }
    audit(nodes[0].database.client()).await;
}
