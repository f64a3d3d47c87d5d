//! Email/set update and destroy (RFC 8621 §4.6, RFC 8620 §5.3).

use serde_json::{Map, Value, json};

use crate::support::Node;
use crate::support::audit::audit;

fn plain(id: &str) -> Vec<u8> {
    format!("Message-ID: <{id}@example.org>\r\nSubject: {id}\r\n\r\nx\r\n").into_bytes()
}

async fn keywords(node: &Node, id: &str) -> Value {
    node.one("Email/get", json!({"ids": [id], "properties": ["keywords"]})).await["list"][0]["keywords"]
        .clone()
}

#[tokio::test]
async fn responses_have_every_property_and_null_where_there_is_nothing_to_tell() {
    let node = Node::new().await;
    let email = node.deliver(&plain("1"), "2026-03-01T08:00:00Z").await.email.to_string();
    for (arguments, told) in [
        (json!({}), None),
        (json!({"create": null, "update": null, "destroy": null}), None),
        (json!({"update": {&email: {}}}), Some("updated")),
        (json!({"update": {&email: {"keywords/$seen": true}}}), Some("updated")),
        (json!({"destroy": ["e99"]}), Some("notDestroyed")),
        (json!({"destroy": [&email]}), Some("destroyed")),
    ] {
        let set = node.one("Email/set", arguments.clone()).await;
        let names: Vec<&String> = set.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "accountId",
                "oldState",
                "newState",
                "created",
                "updated",
                "destroyed",
                "notCreated",
                "notUpdated",
                "notDestroyed"
            ]
        );
        assert!(set["oldState"].is_string() && set["newState"].is_string(), "{set}");
        for name in names.into_iter().skip(3) {
            assert_eq!(set[name].is_null(), Some(name.as_str()) != told, "{name} after {arguments}");
        }
    }
}

#[tokio::test]
async fn what_changes_nothing_succeeds_and_moves_no_state() {
    let node = Node::new().await;
    let email = node.deliver_to(&plain("1"), "2026-03-01T08:00:00Z", &[node.inbox], &["$seen"]).await;
    let signet::delivery::Delivered::Stored(stored) = email else { panic!("{email:?}") };
    let email = stored.email.to_string();
    for patch in [
        json!({}),
        json!({"keywords": {"$seen": true}}),
        json!({"keywords/$SEEN": true}),
        json!({"keywords/$flagged": null}),
        json!({"mailboxIds": {node.inbox.to_string(): true}}),
        json!({"mailboxIds/m99": null}),
        json!({"subject": "1", "threadId": stored.thread, "id": email}),
    ] {
        let set = node.one("Email/set", json!({"update": {&email: patch}})).await;
        assert_eq!(set["updated"], json!({&email: null}), "{patch}");
        assert_eq!(set["oldState"], set["newState"], "{patch}");
    }
}

#[tokio::test]
async fn each_broken_rule_of_patches_is_told_and_changes_nothing() {
    let node = Node::new().await;
    let email = node.deliver(&plain("1"), "2026-03-01T08:00:00Z").await.email.to_string();
    for (patch, error) in [
        (json!({"keywords/$seen": true, "keywords": {}}), "invalidPatch"),
        (json!({"keywords/$seen/x": true}), "invalidPatch"),
        (json!({"nonsense/x": true}), "invalidPatch"),
        (json!({"keywords/~2": true}), "invalidPatch"),
        (json!({"from/0/name": "x"}), "invalidPatch"),
        (json!({"keywords/$seen": true, "subject": "other"}), "invalidProperties"),
        (json!({"keywords/$seen": true, "threadId": "t99"}), "invalidProperties"),
        (json!({"keywords/$seen": true, "id": "e99"}), "invalidProperties"),
        (json!({"keywords/$seen": true, "receivedAt": "2020-01-01T00:00:00Z"}), "invalidProperties"),
        (json!({"keywords/$seen": true, "mailboxIds": {}}), "invalidProperties"),
        (json!({"keywords/$seen": 1}), "invalidProperties"),
        (json!({"keywords/a(": true}), "invalidProperties"),
        (json!({"mailboxIds/m99": true}), "invalidProperties"),
    ] {
        let set = node.one("Email/set", json!({"update": {&email: patch}})).await;
        assert_eq!(set["notUpdated"][&email]["type"], error, "{patch}: {set}");
        assert_eq!((&set["updated"], &set["oldState"]), (&Value::Null, &set["newState"]), "{patch}");
    }
    assert_eq!(keywords(&node, &email).await, json!({}));
}

#[tokio::test]
async fn limits_of_keywords_and_mailboxes_have_errors_of_their_own() {
    let node = Node::new().await;
    let email = node.deliver(&plain("1"), "2026-03-01T08:00:00Z").await.email.to_string();
    let many = |prefix: &str, count| -> Value {
        (1..=count).map(|number| (format!("{prefix}{number}"), json!(true))).collect::<Map<_, _>>().into()
    };
    let set = async |patch: Value| node.one("Email/set", json!({"update": {&email: patch}})).await;
    assert_eq!(set(json!({"keywords": many("k", 128)})).await["updated"], json!({&email: null}));
    let one_more = set(json!({"keywords/one-more": true})).await;
    assert_eq!(one_more["notUpdated"][&email]["type"], "tooManyKeywords");
    let mailboxes = set(json!({"mailboxIds": many("m10", 129)})).await;
    assert_eq!(mailboxes["notUpdated"][&email]["type"], "tooManyMailboxes");
}

#[tokio::test]
async fn an_account_keeps_any_number_of_keywords() {
    let node = Node::new().await;
    let mut expected = Vec::new();
    for number in 0..8 {
        let email = node.deliver(&plain(&number.to_string()), "2026-03-01T08:00:00Z").await.email.to_string();
        let given: Map<String, Value> =
            (0..100).map(|k| (format!("keyword-{number}-{k}"), json!(true))).collect();
        node.one("Email/set", json!({"update": {&email: {"keywords": given}}})).await;
        expected.push((email, Value::Object(given)));
    }
    for (email, given) in expected {
        let mut got: Vec<String> =
            keywords(&node, &email).await.as_object().unwrap().keys().cloned().collect();
        let mut given: Vec<String> = given.as_object().unwrap().keys().cloned().collect();
        got.sort();
        given.sort();
        assert_eq!(got, given);
        let found = node.one("Email/query", json!({"filter": {"hasKeyword": given[57]}})).await;
        assert_eq!(found["ids"], json!([email]));
    }
    audit(node.database.client()).await;
}

#[tokio::test]
async fn ids_and_threads_stay_whatever_happens_to_an_email() {
    let node = Node::new().await;
    // Two threads, then a message that belongs to both: nobody moves.
    let one = node.deliver(&plain("1"), "2026-03-01T08:00:00Z").await;
    let two = node.deliver(&plain("2").replacen_subject("1"), "2026-03-01T08:01:00Z").await;
    assert_ne!(one.thread, two.thread);
    let both = json!({"subject": "Re: 1", "references": ["1@example.org", "2@example.org"], "mailboxIds": {node.inbox.to_string(): true}});
    let set = node.one("Email/set", json!({"create": {"k": both}})).await;
    assert_eq!(set["created"]["k"]["threadId"], json!(one.thread));
    node.one("Email/set", json!({"destroy": [one.email]})).await;
    node.one("Email/set", json!({"update": {two.email.to_string(): {"keywords/$seen": true}}})).await;
    let got = node
        .one("Email/get", json!({"ids": [two.email, set["created"]["k"]["id"]], "properties": ["threadId"]}))
        .await;
    assert_eq!(
        got["list"],
        json!([{"id": two.email, "threadId": two.thread}, {"id": set["created"]["k"]["id"], "threadId": one.thread}])
    );
    audit(node.database.client()).await;
}

trait Subject {
    fn replacen_subject(&self, subject: &str) -> Vec<u8>;
}

impl Subject for Vec<u8> {
    fn replacen_subject(&self, subject: &str) -> Vec<u8> {
        String::from_utf8(self.clone())
            .unwrap()
            .replacen("Subject: 2", &format!("Subject: {subject}"), 1)
            .into_bytes()
    }
}
