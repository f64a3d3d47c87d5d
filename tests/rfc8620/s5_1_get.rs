//! RFC 8620 §5.1: /get, the same for every data type.

use serde_json::{Value, json};

use crate::support::{Node, TestServer, letter};

/// A data type with two records that are there, and a property of its own.
struct Kind {
    name: &'static str,
    ids: [String; 2],
    property: &'static str,
}

impl Kind {
    fn method(&self) -> String {
        format!("{}/get", self.name)
    }
}

/// A node with two emails in two threads and two mailboxes.
async fn furnished() -> (Node, [Kind; 3]) {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await;
    let first = node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await;
    let second = node.deliver(&letter("2").bytes(), "2026-03-01T09:00:00Z").await;
    let kinds = [
        Kind { name: "Mailbox", ids: [node.inbox.to_string(), other.to_string()], property: "role" },
        Kind {
            name: "Thread",
            ids: [first.thread.to_string(), second.thread.to_string()],
            property: "emailIds",
        },
        Kind { name: "Email", ids: [first.email.to_string(), second.email.to_string()], property: "subject" },
    ];
    (node, kinds)
}

#[tokio::test]
async fn the_response_has_exactly_its_four_arguments() {
    let (node, kinds) = furnished().await;
    for kind in &kinds {
        let got = node.one(&kind.method(), json!({"ids": [kind.ids[0], "nonsense"]})).await;
        let names: Vec<&String> = got.as_object().unwrap().keys().collect();
        assert_eq!(names, ["accountId", "state", "list", "notFound"], "{}", kind.name);
        assert_eq!((&got["accountId"], &got["notFound"]), (&json!(node.account), &json!(["nonsense"])));
        assert_eq!(got["list"][0]["id"], json!(kind.ids[0]));
        assert!(!got["state"].as_str().unwrap().is_empty());
    }
}

/// Null is all records of the type; an empty list is no null.
#[tokio::test]
async fn null_is_all_and_an_empty_list_is_nothing() {
    let (node, kinds) = furnished().await;
    for kind in &kinds {
        let all = node.one(&kind.method(), json!({"ids": null})).await;
        let mut ids: Vec<&Value> =
            all["list"].as_array().unwrap().iter().map(|record| &record["id"]).collect();
        ids.sort_by_key(|id| id.to_string());
        assert_eq!((json!(ids), &all["notFound"]), (json!(kind.ids), &json!([])), "{}", kind.name);
        let none = node.one(&kind.method(), json!({"ids": []})).await;
        assert_eq!((&none["list"], &none["notFound"]), (&json!([]), &json!([])), "{}", kind.name);
        assert_eq!(none["state"], all["state"]);
    }
}

/// "If an identical id is included more than once in the request, the server MUST only include it once in either the
/// 'list' or the 'notFound' argument".
#[tokio::test]
async fn an_id_that_is_named_twice_comes_once() {
    let (node, kinds) = furnished().await;
    for kind in &kinds {
        let [one, other] = &kind.ids;
        let ids = json!([other, "gone", one, other, "gone", one]);
        let got = node.one(&kind.method(), json!({"ids": ids, "properties": ["id"]})).await;
        assert_eq!(got["list"], json!([{"id": other}, {"id": one}]), "{}", kind.name);
        assert_eq!(got["notFound"], json!(["gone"]), "{}", kind.name);
    }
}

/// "only the properties listed in the array are returned", and the id always, "even if not explicitly requested"; an
/// invalid one is invalidArguments.
#[tokio::test]
async fn what_was_asked_for_comes_and_nothing_else_but_the_id() {
    let (node, kinds) = furnished().await;
    for kind in &kinds {
        let properties = async |properties: Value| {
            let got = node.one(&kind.method(), json!({"ids": [kind.ids[0]], "properties": properties})).await;
            let names = got["list"][0].as_object().map(|record| record.keys().cloned().collect::<Vec<_>>());
            names.unwrap_or_else(|| vec![got["type"].as_str().unwrap().to_owned()])
        };
        assert_eq!(properties(json!([kind.property])).await, ["id", kind.property]);
        assert_eq!(properties(json!(["id", kind.property, kind.property])).await, ["id", kind.property]);
        assert_eq!(properties(json!([])).await, ["id"]);
        assert!(properties(json!(null)).await.contains(&kind.property.to_owned()));
        for wrong in [json!(["nonsense"]), json!([kind.property, "ID"]), json!("id"), json!([1]), json!({})] {
            assert_eq!(properties(wrong.clone()).await, ["invalidArguments"], "{} {wrong}", kind.name);
        }
    }
}

#[tokio::test]
async fn ids_must_be_ids() {
    let (node, kinds) = furnished().await;
    for kind in &kinds {
        for wrong in
            [json!("m1"), json!([1]), json!([null]), json!([""]), json!(["a b"]), json!(["x".repeat(256)])]
        {
            let failed = node.one(&kind.method(), json!({"ids": wrong})).await;
            assert_eq!(failed["type"], "invalidArguments", "{} {wrong}", kind.name);
        }
        let strange =
            json!(["x".repeat(255), "-_", "e0", "e01", "m99999999999999999999999", "#nothing", "a1"]);
        let got = node.one(&kind.method(), json!({"ids": strange})).await;
        assert_eq!(got["notFound"], strange, "{}", kind.name);
    }
}

/// "The number of ids requested by the client exceeds the maximum": requestTooLarge, also if null stands for too many.
#[tokio::test]
async fn no_more_than_max_objects_in_get() {
    let server = TestServer::start_with(|config| config.limits.max_objects_in_get = 6).await;
    let get = async |ids: Value| {
        let got = server.one("Mailbox/get", json!({"ids": ids, "properties": ["name"]})).await;
        got["list"].as_array().map_or_else(|| got["type"].to_string(), |list| list.len().to_string())
    };
    let ids = |count: usize| json!((1..=count).map(|number| format!("m{number}")).collect::<Vec<_>>());
    assert_eq!(get(json!(null)).await, "6", "the standard mailboxes");
    assert_eq!(get(ids(6)).await, "6");
    assert_eq!(get(ids(7)).await, "\"requestTooLarge\"");
    server.one("Mailbox/set", json!({"create": {"k": {"name": "One more"}}})).await;
    assert_eq!(get(json!(null)).await, "\"requestTooLarge\"");
}

/// "If the data changes, this string MUST change", and "servers SHOULD return the same state string" if it does not.
#[tokio::test]
async fn the_state_changes_with_the_data_and_only_then() {
    let (node, kinds) = furnished().await;
    let states = async || {
        let mut states = Vec::new();
        for kind in &kinds {
            states.push(node.one(&kind.method(), json!({"ids": []})).await["state"].clone());
        }
        states
    };
    let before = states().await;
    assert_eq!(states().await, before);
    let [mailbox, _, email] = &kinds;
    node.one("Email/set", json!({"update": {&email.ids[0]: {"keywords/$flagged": true}}})).await;
    let flagged = states().await;
    assert_eq!(
        (&flagged[0], &flagged[1]),
        (&before[0], &before[1]),
        "a flag is nothing of mailboxes and threads"
    );
    assert_ne!(flagged[2], before[2]);
    node.one("Mailbox/set", json!({"update": {&mailbox.ids[1]: {"name": "Renamed"}}})).await;
    let renamed = states().await;
    assert_ne!(renamed[0], flagged[0]);
    assert_eq!(&renamed[1..], &flagged[1..]);
}
