//! RFC 9219 over JMAP: properties, filters, changes, and the capability that they belong to.

use std::path::Path;

use serde_json::{Value, json};
use signet::smime::AnchorPolicy;
use signet::store::trust::{Anchor, add_anchor, add_crls};
use signet::trust::material::{crl_record, read_certificates, read_crls};

use crate::support::Node;
use crate::support::node::{CORE, MAIL, at};

const SMIME_PROPERTIES: [&str; 4] =
    ["smimeStatus", "smimeStatusAtDelivery", "smimeErrors", "smimeVerifiedAt"];

/// §4.1, example 1.
#[tokio::test]
async fn example_1_status_at_delivery() {
    let (node, [dinner, _]) = examples().await;
    let properties = ["mailboxIds", "from", "subject", "date", "smimeStatusAtDelivery", "receivedAt"];
    let got = node.one("Email/get", json!({"ids": [dinner], "properties": properties})).await;
    insta::assert_json_snapshot!("example_1", got);
}

/// §4.1, example 2: two errors.
#[tokio::test]
async fn example_2_status_errors_and_time_of_verification() {
    let (node, [_, takeover]) = examples().await;
    let properties =
        ["mailboxIds", "from", "subject", "date", "smimeStatus", "smimeErrors", "smimeVerifiedAt"];
    let got = node.one("Email/get", json!({"ids": [takeover], "properties": properties})).await;
    insta::assert_json_snapshot!("example_2", got);
}

/// §4.1: every state of the demonstration's mailbox.
#[tokio::test]
async fn every_state_of_the_demonstration() {
    let node = Node::of_the_demonstration().await;
    let mut properties = vec!["subject", "receivedAt"];
    properties.extend(SMIME_PROPERTIES);
    let sort = json!([{"property": "receivedAt", "isAscending": true}]);
    let ids = node.one("Email/query", json!({"sort": sort})).await["ids"].clone();
    let got = node.one("Email/get", json!({"ids": ids, "properties": properties})).await;
    insta::assert_json_snapshot!("every_state", got);
}

/// §4.2: the three filters, alone and in trees.
#[tokio::test]
async fn filters_alone_and_in_trees() {
    let node = Node::of_the_demonstration().await;
    let subjects = async |filter: Value| {
        let sort = json!([{"property": "receivedAt", "isAscending": true}]);
        let ids = node.one("Email/query", json!({"filter": filter, "sort": sort})).await["ids"].clone();
        let got = node.one("Email/get", json!({"ids": ids, "properties": ["subject"]})).await;
        let list = got["list"].as_array().unwrap().clone();
        list.iter().map(|email| email["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let not = |filter: Value| json!({"operator": "NOT", "conditions": [filter]});
    let and = |one: Value, other: Value| json!({"operator": "AND", "conditions": [one, other]});
    let or = |one: Value, other: Value| json!({"operator": "OR", "conditions": [one, other]});

    let all = subjects(json!({})).await.len();
    for filter in ["hasSmime", "hasVerifiedSmime", "hasVerifiedSmimeAtDelivery"] {
        let (with, without) = (subjects(json!({filter: true})).await, subjects(json!({filter: false})).await);
        assert_eq!(
            with.len() + without.len(),
            all,
            "{filter}: true and false part the mailbox, null included"
        );
        assert_eq!(subjects(not(json!({filter: true}))).await, without, "NOT {filter}");
    }
    insta::assert_json_snapshot!("filter_has_smime", subjects(json!({"hasSmime": true})).await);
    insta::assert_json_snapshot!("filter_verified", subjects(json!({"hasVerifiedSmime": true})).await);
    let good_then_bad_now =
        subjects(and(json!({"hasVerifiedSmimeAtDelivery": true}), not(json!({"hasVerifiedSmime": true}))))
            .await;
    assert_eq!(good_then_bad_now, ["Contract for the reading room, renewed", "Delivery note 4711"]);
    let unsigned_or_verified = or(json!({"hasSmime": false}), json!({"hasVerifiedSmime": true}));
    let failed = subjects(not(unsigned_or_verified)).await;
    assert_eq!(failed.len(), all - subjects(json!({"hasSmime": false})).await.len() - 4);
    assert!(!failed.contains(&"Welcome".to_owned()));
}

/// §3: nothing of the extension shows to a request that does not use it.
#[tokio::test]
async fn without_the_capability_there_is_nothing_to_see() {
    let node = Node::of_the_demonstration().await;
    let account = node.account;
    for property in SMIME_PROPERTIES {
        let calls = json!([["Email/get", {"accountId": account, "ids": [], "properties": [property]}, "0"]]);
        assert_eq!(node.call(&[CORE, MAIL], calls).await[0][1]["type"], "invalidArguments", "{property}");
    }
    for filter in ["hasSmime", "hasVerifiedSmime", "hasVerifiedSmimeAtDelivery"] {
        let calls = json!([["Email/query", {"accountId": account, "filter": {filter: true}}, "0"]]);
        assert_eq!(node.call(&[CORE, MAIL], calls).await[0][1]["type"], "unsupportedFilter", "{filter}");
    }
    let by_default = node.one("Email/get", json!({"ids": ["e8"]})).await;
    for property in SMIME_PROPERTIES {
        assert!(by_default["list"][0].get(property).is_none(), "{property} was not asked for");
    }
}

/// §4.1: a certificate that runs out turns the message in Email/get, in the filter, in Email/changes and in the
/// state, while the status at delivery stays; §4.3: smimeVerifiedAt alone changes nothing.
#[tokio::test]
async fn time_changes_what_clients_see_and_verification_alone_does_not() {
    let (node, [dinner, _]) = examples().await;
    let properties = json!({"ids": [dinner], "properties": SMIME_PROPERTIES});
    let verified = json!({"filter": {"hasVerifiedSmime": true}});
    let before = node.one("Email/get", properties.clone()).await;
    assert_eq!(before["list"][0]["smimeStatus"], "signed/verified");

    node.clock.set(at("2026-03-03T12:00:00Z"));
    let later = node.one("Email/get", properties.clone()).await;
    assert_eq!(later["list"][0]["smimeVerifiedAt"], "2026-03-03T12:00:00Z");
    let changes = node.one("Email/changes", json!({"sinceState": before["state"]})).await;
    assert_eq!((&changes["updated"], &changes["newState"]), (&json!([]), &before["state"]));
    assert_eq!(node.one("Email/query", verified.clone()).await["ids"], json!([dinner]));

    node.clock.set(at("2061-01-01T00:00:00Z"));
    assert_eq!(node.one("Email/query", verified).await["ids"], json!([]));
    let much_later = node.one("Email/get", properties).await;
    let email = &much_later["list"][0];
    assert_eq!(
        (&email["smimeStatus"], &email["smimeStatusAtDelivery"]),
        (&json!("signed/failed"), &json!("signed/verified"))
    );
    assert_ne!(much_later["state"], before["state"]);
    let changes = node.one("Email/changes", json!({"sinceState": before["state"]})).await;
    assert!(changes["updated"].as_array().unwrap().contains(&json!(dinner)));
    assert_eq!((&changes["created"], &changes["destroyed"]), (&json!([]), &json!([])));
}

/// A node with the messages of the RFC's examples, and their PKI trusted.
async fn examples() -> (Node, [String; 2]) {
    let node = Node::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rfc9219");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let root = read_certificates(&read("root.pem")).unwrap().remove(0);
    let crl = crl_record(&read_crls(&read("root.crl")).unwrap().remove(0), "operator").unwrap();
    let anchor = Anchor {
        fingerprint: root.fingerprint(),
        der: root.0.clone(),
        name: "root".to_owned(),
        added_at: node.clock.now(),
        policy: AnchorPolicy::default(),
    };
    let trusted = node.store.transaction("test/trust", async |transaction| {
        add_anchor(transaction, &anchor).await?;
        add_crls(transaction, std::slice::from_ref(&crl)).await
    });
    trusted.await.unwrap();
    let dinner = node.deliver(&read("dinner-tonight.eml"), "2020-07-07T14:15:18Z").await.email;
    let takeover = node.deliver(&read("company-takeover.eml"), "2020-01-31T23:00:09Z").await.email;
    (node, [dinner.to_string(), takeover.to_string()])
}
