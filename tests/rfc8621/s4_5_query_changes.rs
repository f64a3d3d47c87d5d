//! Email/queryChanges (RFC 8621 §4.5), where one email moves another, and where time or trust does (RFC 9219 §4.2).

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;
use crate::support::node::at;
use crate::trust::{DELIVERED, Pki};

async fn reply(node: &Node, number: u32) -> EmailId {
    let raw = format!(
        "From: ann@example.org\r\nSubject: Plan\r\nMessage-ID: <{number}@x>\r\nReferences: <plan@x>\r\n\r\nx\r\n"
    );
    node.deliver(raw.as_bytes(), &format!("2026-03-01T08:{number:02}:00Z")).await.email
}

/// What a query and then its changes tell, while something happens in between.
async fn between(node: &Node, arguments: Value, happens: impl AsyncFnOnce()) -> [Value; 2] {
    let found = node.one("Email/query", arguments.clone()).await;
    happens().await;
    let mut arguments = arguments;
    arguments["sinceQueryState"] = found["queryState"].clone();
    let told = node.one("Email/queryChanges", arguments).await;
    [told["removed"].clone(), told["added"].clone()]
}

#[tokio::test]
async fn a_new_email_stands_for_its_thread_in_place_of_the_one_that_did() {
    let node = Node::new().await;
    let (first, second) = (reply(&node, 1).await, reply(&node, 2).await);
    let by_threads = json!({"collapseThreads": true});
    let [removed, added] = between(&node, by_threads.clone(), async || {
        reply(&node, 3).await;
    })
    .await;
    assert_eq!(removed, json!([second]), "the first did not stand for the thread");
    assert_eq!(added.as_array().unwrap().len(), 1);
    let third = added[0]["id"].clone();
    // And when it goes, the one before is back.
    let destroy = async || drop(node.one("Email/set", json!({"destroy": [&third]})).await);
    let [removed, added] = between(&node, by_threads.clone(), destroy).await;
    assert_eq!(removed, Value::Array(sorted(&[third, json!(second)])));
    assert_eq!(added, json!([{"id": second, "index": 0}]));
    let destroy = async || drop(node.one("Email/set", json!({"destroy": [first, second]})).await);
    let [removed, added] = between(&node, by_threads, destroy).await;
    assert_eq!((removed, added), (json!([first, second]), json!([])));
}

fn sorted(ids: &[Value]) -> Vec<Value> {
    let mut ids = ids.to_vec();
    ids.sort_by_key(|id| id.as_str().unwrap()[1..].parse::<u64>().unwrap());
    ids
}

#[tokio::test]
async fn a_mark_moves_the_other_emails_of_the_thread_where_the_list_looks_at_them() {
    let node = Node::new().await;
    let (first, second) = (reply(&node, 1).await, reply(&node, 2).await);
    let mark = async || {
        drop(
            node.one("Email/set", json!({"update": {first.to_string(): {"keywords/$flagged": true}}})).await,
        );
    };
    let some = json!({"filter": {"someInThreadHaveKeyword": "$flagged"}});
    let [_, added] = between(&node, some, mark).await;
    assert_eq!(added, json!([{"id": second, "index": 0}, {"id": first, "index": 1}]));
    let unmark = async || {
        drop(node.one("Email/set", json!({"update": {first.to_string(): {"keywords": {}}}})).await);
    };
    let none = json!({"filter": {"noneInThreadHaveKeyword": "$flagged"}, "collapseThreads": true});
    let [_, added] = between(&node, none, unmark).await;
    assert_eq!(added, json!([{"id": second, "index": 0}]));
}

#[tokio::test]
async fn a_verdict_that_turns_moves_its_emails() {
    let (node, pki) = (Node::new().await, Pki::new());
    let ann = pki.ann(|spec| spec.not_after = at("2026-03-02T08:00:00Z"));
    let email = node.deliver(&pki.message(&ann, 1), DELIVERED).await.email;
    let verified = json!({"filter": {"hasVerifiedSmime": true}});
    let trust = async || assert!(node.trust_root(&pki).await);
    let [_, added] = between(&node, verified.clone(), trust).await;
    assert_eq!(added, json!([{"id": email, "index": 0}]));
    // Nobody but the clock moves, and nobody but queryChanges looks.
    let tomorrow = async || node.clock.set(at("2026-03-02T08:00:01Z"));
    let [removed, added] = between(&node, verified, tomorrow).await;
    assert_eq!((removed, added), (json!([email]), json!([])));
    // What was verified at delivery stays so, and is told as something that may have changed.
    let at_delivery = json!({"filter": {"hasVerifiedSmimeAtDelivery": true}, "sinceQueryState": "0"});
    let told = node.one("Email/queryChanges", at_delivery).await;
    assert_eq!(told["added"], json!([{"id": email, "index": 0}]));
}
