//! Email/import (RFC 8621 §4.8).

use serde_json::{Value, json};
use signet::jmap::blobs::store_upload;

use crate::support::Node;
use crate::support::audit::audit;

async fn upload(node: &Node, data: &[u8]) -> String {
    store_upload(&node.store, node.account, "demo@example.org", data.to_vec().into())
        .await
        .unwrap()
        .to_string()
}

async fn import(node: &Node, raw: &[u8]) -> Value {
    let email = json!({"blobId": upload(node, raw).await, "mailboxIds": {node.inbox.to_string(): true}});
    node.one("Email/import", json!({"emails": {"k": email}})).await
}

#[tokio::test]
async fn responses_have_every_property_and_null_where_there_is_nothing_to_tell() {
    let node = Node::new().await;
    let names = ["accountId", "oldState", "newState", "created", "notCreated"];
    let empty = node.one("Email/import", json!({"emails": {}})).await;
    assert_eq!(empty.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    assert_eq!((&empty["created"], &empty["notCreated"]), (&Value::Null, &Value::Null));
    assert_eq!(empty["oldState"], empty["newState"]);
    let imported = import(&node, b"Subject: x\r\n\r\nx").await;
    assert_eq!(imported.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    let email = &imported["created"]["k"];
    assert_eq!(email.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "blobId", "threadId", "size"]);
    assert_eq!(imported["notCreated"], Value::Null);
    let again = import(&node, b"Subject: x\r\n\r\nx").await;
    assert_eq!(again["notCreated"]["k"], json!({"type": "alreadyExists", "existingId": email["id"]}));
    assert_eq!((&again["oldState"], &again["newState"]), (&imported["newState"], &imported["newState"]));
}

#[tokio::test]
async fn all_that_is_wrong_is_named() {
    let node = Node::new().await;
    let blob = upload(&node, b"Subject: x\r\n\r\nx").await;
    let inbox = json!({node.inbox.to_string(): true});
    for (email, properties) in [
        (json!({}), json!(["blobId", "mailboxIds"])),
        (json!({"blobId": 1, "mailboxIds": []}), json!(["blobId", "mailboxIds"])),
        (
            json!({"blobId": blob, "mailboxIds": {}, "keywords": {"a b": true}, "receivedAt": "x"}),
            json!(["receivedAt", "keywords", "mailboxIds"]),
        ),
        (json!({"blobId": blob, "mailboxIds": inbox, "subject": "x"}), json!(["subject"])),
        (json!({"blobId": "nonsense", "mailboxIds": inbox}), json!(["blobId"])),
        (json!({"blobId": blob, "mailboxIds": {"m99": true}}), json!(["mailboxIds"])),
        (json!("x"), json!(["emails"])),
    ] {
        let imported = node.one("Email/import", json!({"emails": {"k": email}})).await;
        let error = &imported["notCreated"]["k"];
        assert_eq!(
            (&error["type"], &error["properties"]),
            (&json!("invalidProperties"), &properties),
            "{email}"
        );
    }
}

#[tokio::test]
async fn the_state_is_checked_and_creation_ids_serve_afterwards() {
    let node = Node::new().await;
    let blob = upload(&node, b"Subject: x\r\n\r\nx").await;
    let emails = json!({"k": {"blobId": blob, "mailboxIds": {node.inbox.to_string(): true}}});
    for wrong in ["1", "nonsense"] {
        let arguments = json!({"ifInState": wrong, "emails": emails});
        assert_eq!(node.one("Email/import", arguments).await["type"], "stateMismatch");
    }
    let import = json!({"accountId": node.account, "ifInState": "0", "emails": emails});
    let set = json!({"accountId": node.account, "update": {"#k": {"keywords/$seen": true}}});
    let get = json!({"accountId": node.account, "ids": ["#k"], "properties": ["keywords"]});
    let calls = json!([["Email/import", import, "0"], ["Email/set", set, "1"], ["Email/get", get, "2"]]);
    let responses = node.call(&[crate::support::node::CORE, crate::support::node::MAIL], calls).await;
    assert_eq!(responses[2][1]["list"][0]["keywords"], json!({"$seen": true}), "{responses}");
}

#[tokio::test]
async fn received_at_is_what_the_client_or_the_message_says() {
    let node = Node::new().await;
    let received = b"Received: by a; Mon, 5 Jan 2026 10:00:00 +0100\r\nReceived: by b; Mon, 5 Jan 2026 09:00:00 +0100\r\n\
        Subject: x\r\n\r\nx";
    for (raw, given, expected) in [
        (&received[..], json!(null), "2026-01-05T09:00:00Z"),
        (b"Subject: y\r\n\r\nx", json!(null), "2026-03-01T12:00:00Z"),
        (b"Subject: z\r\n\r\nx", json!("2020-01-01T00:00:00Z"), "2020-01-01T00:00:00Z"),
    ] {
        let email = json!({"blobId": upload(&node, raw).await, "mailboxIds": {node.inbox.to_string(): true}, "receivedAt": given});
        let imported = node.one("Email/import", json!({"emails": {"k": email}})).await;
        let ids = json!([imported["created"]["k"]["id"]]);
        let got = node.one("Email/get", json!({"ids": ids, "properties": ["receivedAt"]})).await;
        assert_eq!(got["list"][0]["receivedAt"], expected);
    }
}

#[tokio::test]
async fn no_octets_keep_a_message_from_being_imported_found_and_read() {
    let node = Node::new().await;
    for (number, raw) in [
        &b"Subject: a\0b\r\nFrom: \0<a\0@x>\r\n\r\nbanana\0\r\n"[..],
        b"Subject: =?utf-8?Q?=00=FF?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbanana \xff\xfe\0",
        b"Subject: \xe4\xf6\xfc\r\nContent-Type: text/plain; charset=no-such-charset\r\n\r\nbanana \xe4",
        b"Subject: x\nContent-Type: text/html; charset=utf-16\n\n\0b\0a\0n\0a\0n\0a\xd8",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=\"\0\"\r\n\r\n--\0\r\n\r\nbanana\r\n--\0--",
        b"\0: banana\r\nSubject: banana\r\n\r\n",
        b"Subject: EAI\r\nFrom: \xc3\xbc <\xc3\xbc@ex\xc3\xa4mple.org>\r\n\r\nbanana",
    ]
    .into_iter()
    .enumerate()
    {
        let imported = import(&node, raw).await;
        let id = &imported["created"]["k"]["id"];
        assert!(id.is_string(), "{number}: {imported}");
        let all = json!({
            "ids": [id],
            "properties": ["headers", "subject", "from", "preview", "bodyStructure", "bodyValues"],
            "fetchAllBodyValues": true,
        });
        let got = node.one("Email/get", all).await["list"][0].clone();
        assert!(!got.to_string().contains("\\u0000"), "{number}: {got}");
        let parsed = node.one("Email/parse", json!({"blobIds": [imported["created"]["k"]["blobId"]]})).await;
        assert!(parsed["parsed"].is_object(), "{number}: {parsed}");
    }
    let found = node.one("Email/query", json!({"filter": {"text": "banana"}, "calculateTotal": true})).await;
    assert!(found["total"].as_u64().unwrap() >= 5, "{found}");
    let found = node.one("Email/query", json!({"filter": {"text": "ba\u{0}nana"}})).await;
    assert!(found["ids"].is_array() || found["type"] == "unsupportedFilter", "{found}");
    audit(node.database.client()).await;
}

/// RFC 8620 §5.3: `#` and a creation id stand wherever an id does. What was created earlier can be an Email as well as a
/// blob, and an Email is none.
#[tokio::test]
async fn a_blob_may_be_named_by_its_creation_id() {
    let node = Node::new().await;
    let blob = upload(&node, b"Subject: x\r\n\r\nx").await;
    let email = |blob: &str| json!({"k": {"blobId": blob, "mailboxIds": {node.inbox.to_string(): true}}});
    let created_ids = json!({"upload": blob, "email": "e1"});
    let import = async |blob: &str| {
        let arguments = json!({"accountId": node.account, "emails": email(blob)});
        node.call_after(&created_ids, json!([["Email/import", arguments, "0"]])).await[0][1].clone()
    };
    assert_eq!(import("#upload").await["created"]["k"]["blobId"], json!(blob));
    for wrong in ["#email", "#nothing"] {
        assert_eq!(import(wrong).await["notCreated"]["k"]["properties"], json!(["blobId"]), "{wrong}");
    }
}
