//! RFC 8621 §4.1.1: what an Email is beside its content.

use serde_json::{Value, json};

use crate::support::{Node, letter};

async fn deliver(node: &Node, id: &str) -> String {
    node.deliver(&letter(id).bytes(), "2026-03-01T08:00:00Z").await.email.to_string()
}

async fn get(node: &Node, id: &str, properties: Value) -> Value {
    node.one("Email/get", json!({"ids": [id], "properties": properties})).await["list"][0].clone()
}

async fn update(node: &Node, id: &str, patch: Value) -> Value {
    node.one("Email/set", json!({"update": {id: patch}})).await
}

/// "The Email id does not change if the Email changes Mailboxes" (§2), and neither do blob, thread, size and time.
#[tokio::test]
async fn what_is_immutable_stays_when_mailboxes_and_keywords_change() {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await.to_string();
    let id = deliver(&node, "1").await;
    let properties = json!(["blobId", "threadId", "size", "receivedAt"]);
    let before = get(&node, &id, properties.clone()).await;
    assert_eq!(
        (&before["size"], &before["receivedAt"]),
        (&json!(letter("1").bytes().len()), &json!("2026-03-01T08:00:00Z"))
    );
    let moved = update(&node, &id, json!({"mailboxIds": {&other: true}, "keywords": {"$seen": true}})).await;
    assert_eq!(moved["updated"], json!({&id: null}));
    assert_eq!(get(&node, &id, properties).await, before);
    assert_eq!(
        get(&node, &id, json!(["mailboxIds", "keywords"])).await,
        json!({"id": id, "mailboxIds": {&other: true}, "keywords": {"$seen": true}})
    );
    for (name, value) in
        [("blobId", "b0"), ("threadId", "t0"), ("receivedAt", "2020-01-01T00:00:00Z"), ("subject", "x")]
    {
        let refused = update(&node, &id, json!({name: value})).await;
        assert_eq!(refused["notUpdated"][&id]["properties"], json!([name]));
    }
}

/// "An Email in the mail store MUST belong to one or more Mailboxes at all times", each value true.
#[tokio::test]
async fn an_email_is_always_in_a_mailbox() {
    let node = Node::new().await;
    let id = deliver(&node, "1").await;
    let inbox = node.inbox.to_string();
    for wrong in [
        json!({"mailboxIds": {}}),
        json!({"mailboxIds": null}),
        json!({format!("mailboxIds/{inbox}"): null}),
        json!({"mailboxIds": {&inbox: false}}),
        json!({"mailboxIds": {&inbox: "true"}}),
        json!({"mailboxIds": {&inbox: true, "m99": true}}),
        json!({"mailboxIds": [inbox]}),
    ] {
        let refused = update(&node, &id, wrong.clone()).await;
        assert_eq!(refused["notUpdated"][&id]["type"], "invalidProperties", "{wrong}");
        assert_eq!(refused["notUpdated"][&id]["properties"], json!(["mailboxIds"]), "{wrong}");
    }
    assert_eq!(get(&node, &id, json!(["mailboxIds"])).await["mailboxIds"], json!({inbox: true}));
}

/// A keyword is "a case-insensitive string of 1-255 characters in the ASCII subset %x21-%x7e" without ( ) { ] % * " \
/// and comes back in lower case.
#[tokio::test]
async fn keywords_have_their_characters_and_come_in_lower_case() {
    let node = Node::new().await;
    let id = deliver(&node, "1").await;
    let longest = "k".repeat(255);
    for keyword in ["$Seen", "a", "!#&'+,-./09:;<=>?@AZ[^_`az|}~", &longest] {
        let set = update(&node, &id, json!({"keywords": {keyword: true}})).await;
        assert_eq!(set["updated"], json!({&id: null}), "{keyword}");
        let got = get(&node, &id, json!(["keywords"])).await;
        assert_eq!(got["keywords"], json!({keyword.to_ascii_lowercase(): true}));
    }
    let too_long = "k".repeat(256);
    let wrong = [
        "", " ", "a b", "ü", "\u{7f}", "\u{0}", "(", ")", "{", "]", "%", "*", "\"", "\\", "\\Seen", &too_long,
    ];
    for keyword in wrong {
        let refused = update(&node, &id, json!({"keywords": {keyword: true}})).await;
        assert_eq!(refused["notUpdated"][&id]["properties"], json!(["keywords"]), "{keyword:?}");
    }
    for value in [json!(false), json!(1), json!("true")] {
        let refused = update(&node, &id, json!({"keywords": {"$seen": value}})).await;
        assert_eq!(refused["notUpdated"][&id]["properties"], json!(["keywords"]), "{value}");
    }
}

/// "$seen" and "$SEEN" are one keyword, for filters too.
#[tokio::test]
async fn keywords_are_one_in_any_case() {
    let node = Node::new().await;
    let id = deliver(&node, "1").await;
    update(&node, &id, json!({"keywords": {"$SEEN": true, "Project-X": true}})).await;
    for keyword in ["$seen", "$Seen", "project-x", "PROJECT-X"] {
        let found = node.one("Email/query", json!({"filter": {"hasKeyword": keyword}})).await;
        assert_eq!(found["ids"], json!([id]), "{keyword}");
    }
    update(&node, &id, json!({"keywords/$sEEN": null})).await;
    assert_eq!(get(&node, &id, json!(["keywords"])).await["keywords"], json!({"project-x": true}));
}
