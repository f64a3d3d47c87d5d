//! RFC 9425: quotas are told, followed, and kept.

use serde_json::{Value, json};
use signet::clock::Clock;
use signet::delivery::Delivered;
use signet::delivery::inbound::{Envelope, Outcome, receive};
use signet::store::address::{self, Address};
use signet::store::quota::{self, Limits, OwnLimit, PerResource, Resource};
use signet::store::{Store, StoreOptions};
use signet::trust::Trust;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::{CORE, MAIL, membership};

const QUOTA: &str = "urn:ietf:params:jmap:quota";

fn message(id: u32) -> Vec<u8> {
    format!("Subject: message {id:04}\r\nMessage-ID: <{id:04}@example.org>\r\n\r\nHello.\r\n").into_bytes()
}

/// A node whose configuration has these limits.
async fn node_with(octets: Option<i64>, emails: Option<i64>) -> Node {
    let mut node = Node::new().await;
    let options =
        StoreOptions { default_limits: Limits { octets, emails }, ..StoreOptions::new(node.database.url()) };
    node.store = Store::connect(&options, node.clock.clone()).await.unwrap();
    node.trust = Trust::new(node.store.clone(), Default::default(), std::time::Duration::from_secs(10));
    node
}

async fn one(node: &Node, method: &str, mut arguments: Value) -> Value {
    arguments["accountId"] = json!(node.account);
    let responses = node.call(&[CORE, MAIL, QUOTA], json!([[method, arguments, "0"]])).await;
    responses[0][1].clone()
}

async fn deliver(node: &Node, id: u32) -> Delivered {
    node.deliver_to(&message(id), "2026-03-01T09:00:00Z", &[node.inbox], &[]).await
}

async fn set_own(node: &Node, octets: OwnLimit, emails: OwnLimit) {
    quota::set(&node.store, node.account, PerResource { octets, emails }).await.unwrap();
}

#[tokio::test]
async fn s4_1_each_limited_resource_is_a_quota() {
    let node = node_with(Some(100_000), Some(1000)).await;
    deliver(&node, 1).await;
    let response = one(&node, "Quota/get", json!({"ids": null})).await;
    insta::assert_json_snapshot!(response, {".state" => "[state]"});
    let response = one(&node, "Quota/get", json!({"ids": ["q2", "q3", "e1"], "properties": ["used"]})).await;
    assert_eq!(response["list"], json!([{"id": "q2", "used": 1}]));
    assert_eq!(response["notFound"], json!(["q3", "e1"]));
    // Without a limit there is no Quota (hardLimit is a number always).
    set_own(&node, OwnLimit::Unlimited, OwnLimit::Unlimited).await;
    assert_eq!(one(&node, "Quota/get", json!({"ids": null})).await["list"], json!([]));
}

#[tokio::test]
async fn s4_1_types_of_capabilities_that_are_not_in_use_are_not_shown() {
    let node = node_with(Some(100_000), None).await;
    let calls = json!([["Quota/get", {"accountId": node.account, "ids": null}, "0"]]);
    let responses = node.call(&[CORE, QUOTA], calls.clone()).await;
    assert_eq!(responses[0][1]["list"], json!([]));
    let responses = node.call(&[CORE, MAIL], calls).await;
    assert_eq!(responses[0][1]["type"], "unknownMethod");
}

#[tokio::test]
async fn s4_3_use_is_told_apart_from_other_changes() {
    let node = node_with(Some(100_000), None).await;
    let state = one(&node, "Quota/get", json!({"ids": []})).await["state"].clone();
    deliver(&node, 1).await;
    let changes = one(&node, "Quota/changes", json!({"sinceState": state})).await;
    assert_eq!(
        (&changes["updated"], &changes["updatedProperties"], &changes["created"]),
        (&json!(["q1"]), &json!(["used"]), &json!([]))
    );
    let used = changes["newState"].clone();
    // Marks and moves change nothing of quotas.
    node.one("Email/set", json!({"update": {"e2": {"keywords/$seen": true}}})).await;
    let changes = one(&node, "Quota/changes", json!({"sinceState": used})).await;
    assert_eq!((&changes["newState"], &changes["updated"]), (&used, &json!([])));
    // Another limit, one more, and one less.
    set_own(&node, OwnLimit::At(50_000), OwnLimit::At(10)).await;
    let changes = one(&node, "Quota/changes", json!({"sinceState": used})).await;
    assert_eq!(
        (&changes["updated"], &changes["created"], &changes["updatedProperties"]),
        (&json!(["q1"]), &json!(["q2"]), &Value::Null)
    );
    let both = changes["newState"].clone();
    set_own(&node, OwnLimit::Unlimited, OwnLimit::At(10)).await;
    let changes = one(&node, "Quota/changes", json!({"sinceState": both})).await;
    assert_eq!((&changes["destroyed"], &changes["updated"]), (&json!(["q1"]), &json!([])));
    audit(node.database.client()).await;
}

/// Another limit in the configuration is a change too, although no account was written.
#[tokio::test]
async fn s4_3_another_configuration_is_a_change() {
    let mut node = node_with(Some(100_000), None).await;
    let state = one(&node, "Quota/get", json!({"ids": null})).await["state"].clone();
    let options = StoreOptions {
        default_limits: Limits { octets: Some(5), emails: None },
        ..StoreOptions::new(node.database.url())
    };
    node.store = Store::connect(&options, Clock::system()).await.unwrap();
    node.trust = Trust::new(node.store.clone(), Default::default(), std::time::Duration::from_secs(10));
    let changes = one(&node, "Quota/changes", json!({"sinceState": state})).await;
    assert_eq!((&changes["updated"], &changes["updatedProperties"]), (&json!(["q1"]), &Value::Null));
    let again = one(&node, "Quota/changes", json!({"sinceState": changes["newState"]})).await;
    assert_eq!((&again["updated"], &again["newState"]), (&json!([]), &changes["newState"]));
}

#[tokio::test]
async fn s4_4_quotas_are_filtered_and_sorted() {
    let node = node_with(Some(100_000), Some(10)).await;
    deliver(&node, 1).await;
    let ids = async |arguments: Value| one(&node, "Quota/query", arguments).await["ids"].clone();
    assert_eq!(ids(json!({})).await, json!(["q1", "q2"]));
    for (filter, expected) in [
        (json!({"name": "octets"}), json!(["q1"])),
        (json!({"scope": "account"}), json!(["q1", "q2"])),
        (json!({"scope": "domain"}), json!([])),
        (json!({"resourceType": "count"}), json!(["q2"])),
        (json!({"type": "Email"}), json!(["q1", "q2"])),
        (json!({"type": "Mail"}), json!([])),
        (json!({"operator": "NOT", "conditions": [{"resourceType": "count"}]}), json!(["q1"])),
        (json!({"resourceType": "count", "name": "octets"}), json!([])),
    ] {
        assert_eq!(ids(json!({"filter": filter})).await, expected, "{filter}");
    }
    assert_eq!(ids(json!({"sort": [{"property": "used"}]})).await, json!(["q2", "q1"]));
    let by_name = json!([{"property": "name", "isAscending": false}]);
    assert_eq!(ids(json!({"sort": by_name, "limit": 1})).await, json!(["q1"]));
    let response = one(&node, "Quota/query", json!({"anchor": "q2", "calculateTotal": true})).await;
    assert_eq!(
        (&response["position"], &response["ids"], &response["total"], &response["canCalculateChanges"]),
        (&json!(1), &json!(["q2"]), &json!(2), &json!(true))
    );
    let unsupported = one(&node, "Quota/query", json!({"sort": [{"property": "scope"}]})).await;
    assert_eq!(unsupported["type"], "unsupportedSort");
    assert_eq!(one(&node, "Quota/query", json!({"filter": {"x": 1}})).await["type"], "unsupportedFilter");
}

#[tokio::test]
async fn s4_5_results_can_be_followed() {
    let node = node_with(Some(100_000), Some(10)).await;
    let arguments = json!({"sort": [{"property": "used"}]});
    let state = one(&node, "Quota/query", arguments.clone()).await["queryState"].clone();
    let mut since = arguments;
    since["sinceQueryState"] = state;
    let none = one(&node, "Quota/queryChanges", since.clone()).await;
    assert_eq!((&none["removed"], &none["added"]), (&json!([]), &json!([])));
    deliver(&node, 1).await;
    let changes = one(&node, "Quota/queryChanges", since.clone()).await;
    assert_eq!(changes["removed"], json!(["q1", "q2"]));
    assert_eq!(changes["added"], json!([{"id": "q2", "index": 0}, {"id": "q1", "index": 1}]));
    since["maxChanges"] = json!(1);
    assert_eq!(one(&node, "Quota/queryChanges", since.clone()).await["type"], "tooManyChanges");
    since["sinceQueryState"] = json!("99999");
    assert_eq!(one(&node, "Quota/queryChanges", since).await["type"], "cannotCalculateChanges");
}

#[tokio::test]
async fn a_full_account_takes_no_more_until_something_goes() {
    let node = node_with(None, Some(2)).await;
    for id in [1, 2] {
        assert!(matches!(deliver(&node, id).await, Delivered::Stored(_)));
    }
    let Delivered::OverQuota(full) = deliver(&node, 3).await else { panic!("the account is full") };
    assert_eq!((full.resource, full.limit, full.is_hopeless), (Resource::Emails, 2, false));
    // What is there already is found all the same.
    assert!(matches!(deliver(&node, 1).await, Delivered::AlreadyThere(_)));
    let used = one(&node, "Quota/get", json!({"ids": ["q2"]})).await["list"][0]["used"].clone();
    assert_eq!(used, 2);
    let emails = node.one("Email/query", json!({})).await["ids"].clone();
    node.one("Email/set", json!({"destroy": [emails[0]]})).await;
    assert!(matches!(deliver(&node, 3).await, Delivered::Stored(_)));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn of_several_messages_those_that_fit_are_taken() {
    let size = message(1).len() as i64;
    let node = node_with(Some(2 * size + 1), None).await;
    let messages = (1..=3).map(|id| signet::delivery::Incoming {
        raw: message(id),
        received_at: None,
        membership: membership(&[node.inbox], &[]),
    });
    let receipt =
        signet::delivery::deliver(&node.trust, node.account, messages.collect(), None).await.unwrap();
    assert!(
        matches!(receipt.outcomes[..], [Delivered::Stored(_), Delivered::Stored(_), Delivered::OverQuota(_)]),
        "{:?}",
        receipt.outcomes
    );
    audit(node.database.client()).await;
}

/// RFC 8620 §5.3: overQuota, from Email/import and from Email/set.
#[tokio::test]
async fn clients_are_told_over_quota() {
    let node = node_with(None, Some(0)).await;
    let (account, raw) = (node.account, message(1));
    let blob =
        signet::jmap::blobs::store_upload(&node.store, account, "demo@example.org", raw.clone().into())
            .await
            .unwrap();
    let import = json!({"blobId": blob.to_string(), "mailboxIds": {node.inbox.to_string(): true}});
    let response = node.one("Email/import", json!({"emails": {"k": import}})).await;
    assert_eq!(response["notCreated"]["k"]["type"], "overQuota", "{response}");
    let email = json!({"mailboxIds": {node.inbox.to_string(): true}, "subject": "Hello"});
    let response = node.one("Email/set", json!({"create": {"k": email}})).await;
    assert_eq!(response["notCreated"]["k"]["type"], "overQuota", "{response}");
    assert_eq!(response["created"], Value::Null);
}

/// Mail with an envelope waits for room, unless there can never be any.
#[tokio::test]
async fn mail_from_outside_waits_for_room() {
    let size = message(1).len() as i64;
    let node = node_with(Some(size), None).await;
    let address = Address::parse("demo@example.org").unwrap();
    let added =
        node.store.transaction("test/address", async |t| address::add(t, &address, node.account).await);
    assert!(added.await.unwrap());
    let envelope = Envelope { reverse_path: None, recipients: vec!["demo+x@example.org".to_owned()] };
    let receive = async |raw: Vec<u8>| receive(&node.trust, &envelope, raw).await.remove(0).1;
    assert!(matches!(receive(message(1)).await, Outcome::Stored { .. }));
    assert_eq!(receive(message(2)).await, Outcome::OverQuota);
    let mut large = message(3);
    large.extend_from_slice(b"More.\r\n");
    let outcome = receive(large).await;
    assert!(matches!(&outcome, Outcome::Refused(refusal) if refusal.status == "5.2.3"), "{outcome:?}");
    audit(node.database.client()).await;
}
