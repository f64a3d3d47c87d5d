//! What Email/set create refuses, and how it says so (RFC 8621 §4.6).

use serde_json::{Value, json};
use signet::jmap::blobs::store_upload;

use super::s4_6_create::{email, upload};
use crate::support::Node;
use crate::support::audit::audit;

/// Why an Email is not created.
async fn refused(node: &Node, more: Value) -> Value {
    let set = node.one("Email/set", json!({"create": {"k": email(node, more)}})).await;
    assert_eq!((&set["created"], &set["oldState"]), (&Value::Null, &set["newState"]), "{set}");
    set["notCreated"]["k"].clone()
}

#[tokio::test]
async fn whatever_makes_the_message_ambiguous_is_refused_by_name() {
    let node = Node::new().await;
    let blob = upload(&node, b"x").await;
    let values = json!({"x": {"value": "x"}});
    let structure = |part: Value| json!({"bodyStructure": part, "bodyValues": values});
    let text = json!([{"partId": "x", "type": "text/plain"}]);
    for (object, properties) in [
        (json!({"headers": []}), json!(["headers"])),
        (structure(json!({"partId": "x", "headers": []})), json!(["bodyStructure/headers"])),
        (json!({"from": [], "header:from": "x"}), json!(["header:from", "from"])),
        (json!({"header:X:asText": "a", "header:x": "b"}), json!(["header:x", "header:X:asText"])),
        (
            json!({"sentAt": "2026-01-01T00:00:00Z", "header:Date:asDate": "2026-01-01T00:00:00Z"}),
            json!(["header:Date:asDate", "sentAt"]),
        ),
        (
            structure(json!({"partId": "x", "type": "text/plain", "header:Content-Type": "text/html"})),
            json!(["bodyStructure/type", "bodyStructure/header:Content-Type"]),
        ),
        (
            structure(json!({"partId": "x", "cid": "a", "header:Content-Id": "<b>"})),
            json!(["bodyStructure/cid", "bodyStructure/header:Content-Id"]),
        ),
        (
            structure(
                json!({"partId": "x", "disposition": "inline", "header:content-disposition": "inline"}),
            ),
            json!(["bodyStructure/disposition", "bodyStructure/header:content-disposition"]),
        ),
        (json!({"header:From:asDate": "2026-01-01T00:00:00Z"}), json!(["header:From:asDate"])),
        (json!({"header:Subject:asAddresses": []}), json!(["header:Subject:asAddresses"])),
        (json!({"header:X:asText:nonsense": "x"}), json!(["header:X:asText:nonsense"])),
        (json!({"header:Content-Type": "text/plain"}), json!(["header:Content-Type"])),
        (json!({"header:content-language:asText": "en"}), json!(["header:content-language:asText"])),
        (
            json!({"bodyStructure": {"partId": "x"}, "textBody": text, "bodyValues": values}),
            json!(["textBody", "bodyStructure"]),
        ),
        (
            json!({"bodyStructure": {"partId": "x"}, "attachments": [], "bodyValues": values}),
            json!(["attachments", "bodyStructure"]),
        ),
        (
            json!({"subject": "a", "bodyStructure": {"partId": "x", "header:SUBJECT": "b"}, "bodyValues": values}),
            json!(["bodyStructure/header:SUBJECT"]),
        ),
        (json!({"textBody": [], "bodyValues": values}), json!(["textBody"])),
        (json!({"textBody": [{"partId": "x"}, {"partId": "x"}], "bodyValues": values}), json!(["textBody"])),
        (
            json!({"textBody": [{"partId": "x", "type": "text/html"}], "bodyValues": values}),
            json!(["textBody/0/type"]),
        ),
        (
            json!({"htmlBody": [{"partId": "x", "type": "text/plain"}], "bodyValues": values}),
            json!(["htmlBody/0/type"]),
        ),
        (
            structure(json!({"partId": "x", "blobId": blob})),
            json!(["bodyStructure/partId", "bodyStructure/blobId"]),
        ),
        (structure(json!({"partId": "y"})), json!(["bodyStructure/partId"])),
        (structure(json!({"partId": 1})), json!(["bodyStructure/partId"])),
        (structure(json!({})), json!(["bodyStructure"])),
        (structure(json!([])), json!(["bodyStructure"])),
        (structure(json!({"partId": "x", "charset": "utf-8"})), json!(["bodyStructure/charset"])),
        (structure(json!({"partId": "x", "size": 1})), json!(["bodyStructure/size"])),
        (
            structure(json!({"partId": "x", "header:Content-Transfer-Encoding": "8bit"})),
            json!(["bodyStructure/header:Content-Transfer-Encoding"]),
        ),
        (
            structure(json!({"subParts": [{"partId": "x", "charset": "x"}, {"partId": "z"}]})),
            json!(["bodyStructure/subParts/0/charset", "bodyStructure/subParts/1/partId"]),
        ),
        (structure(json!({"subParts": []})), json!(["bodyStructure/subParts"])),
        (
            structure(json!({"type": "text/plain", "subParts": [{"partId": "x"}]})),
            json!(["bodyStructure/type"]),
        ),
        (structure(json!({"type": "multipart/mixed", "blobId": blob})), json!(["bodyStructure/type"])),
        (
            structure(json!({"header:Content-Type": "multipart/mixed; boundary=x", "blobId": blob})),
            json!(["bodyStructure/type"]),
        ),
        (structure(json!({"type": "message/rfc822", "partId": "x"})), json!(["bodyStructure/type"])),
        (structure(json!({"type": "nonsense", "partId": "x"})), json!(["bodyStructure/type"])),
        (
            structure(json!({"type": "text/plain; charset=utf-8", "partId": "x"})),
            json!(["bodyStructure/type"]),
        ),
        (structure(json!({"type": "text/plain\r\nX: y", "partId": "x"})), json!(["bodyStructure/type"])),
        (structure(json!({"blobId": blob, "charset": "a b"})), json!(["bodyStructure/charset"])),
        (structure(json!({"partId": "x", "disposition": "a;b"})), json!(["bodyStructure/disposition"])),
        (structure(json!({"partId": "x", "cid": "a>\r\nX: y"})), json!(["bodyStructure/cid"])),
        (structure(json!({"partId": "x", "language": ["a, b"]})), json!(["bodyStructure/language"])),
        (structure(json!({"partId": "x", "location": "a\r\nb"})), json!(["bodyStructure/location"])),
        (structure(json!({"partId": "x", "name": 1})), json!(["bodyStructure/name"])),
        (structure(json!({"partId": "x", "nonsense": 1})), json!(["bodyStructure/nonsense"])),
        (
            json!({"attachments": [{"type": "multipart/mixed", "subParts": [{"partId": "x"}]}], "bodyValues": values}),
            json!(["attachments/0/type"]),
        ),
        (json!({"attachments": {}}), json!(["attachments"])),
        (
            json!({"textBody": text, "bodyValues": {"x": {"value": "x", "isTruncated": true}}}),
            json!(["bodyValues/x/isTruncated"]),
        ),
        (
            json!({"textBody": text, "bodyValues": {"x": {"value": "x", "isEncodingProblem": true}}}),
            json!(["bodyValues/x/isEncodingProblem"]),
        ),
        (json!({"bodyValues": {"x": "x"}}), json!(["bodyValues/x"])),
        (json!({"bodyValues": {"x": {"value": null}}}), json!(["bodyValues/x/value"])),
        (json!({"bodyValues": []}), json!(["bodyValues"])),
        (json!({"id": "e1", "size": 1, "preview": "x"}), json!(["id", "size", "preview"])),
        (json!({"smimeStatus": "signed/verified"}), json!(["smimeStatus"])),
        (json!({"nonsense": null}), json!(["nonsense"])),
        (
            json!({"subject": 1, "to": "x", "sentAt": "yesterday", "references": ["a b"], "receivedAt": "x"}),
            json!(["receivedAt", "subject", "to", "sentAt", "references"]),
        ),
        (json!({"to": [{"name": "x"}]}), json!(["to"])),
        (json!({"header:X": "a\r\nBcc: eve@example.net"}), json!(["header:X"])),
        (json!({"header:X:all": " a"}), json!(["header:X:all"])),
        (json!({"header:X:all": [" a", null]}), json!(["header:X:all"])),
        (json!({"messageId": ["a>\r\nX: y"]}), json!(["messageId"])),
        (json!({"mailboxIds": {}}), json!(["mailboxIds"])),
        (
            json!({"mailboxIds": {"m99": true}, "keywords": {"a b": true}, "subject": 1}),
            json!(["mailboxIds", "keywords", "subject"]),
        ),
        (json!({"mailboxIds": null}), json!(["mailboxIds"])),
        (json!({"keywords": {"$seen": false}}), json!(["keywords"])),
    ] {
        let error = refused(&node, object.clone()).await;
        assert_eq!(
            (&error["type"], &error["properties"]),
            (&json!("invalidProperties"), &properties),
            "{object}"
        );
    }
    audit(node.database.client()).await;
}

#[tokio::test]
async fn blobs_that_are_not_there_are_all_named_whatever_else_is_wrong() {
    let node = Node::new().await;
    let there = upload(&node, b"x").await;
    let missing = format!("b{}", "0".repeat(64));
    let foreign = store_upload(&node.store, node.account, "somebody@example.org", b"secret".to_vec().into())
        .await
        .unwrap()
        .to_string();
    let part = |id: &str| json!({"blobId": id, "type": "image/png"});
    let parts = json!([part(&there), part(&missing), part(&foreign), part("nonsense"), part(&missing)]);
    let error = refused(&node, json!({"attachments": parts, "subject": 1, "mailboxIds": {}})).await;
    let mut ids = vec![missing, foreign, "nonsense".to_owned()];
    ids.sort();
    assert_eq!(error, json!({"type": "blobNotFound", "notFound": ids}));
}

#[tokio::test]
async fn limits_have_errors_of_their_own() {
    let node = Node::new().await;
    let many = |prefix: &str, count| -> Value {
        (0..count).map(|n| (format!("{prefix}{n}"), json!(true))).collect::<serde_json::Map<_, _>>().into()
    };
    assert_eq!(refused(&node, json!({"keywords": many("k", 129)})).await["type"], "tooManyKeywords");
    assert_eq!(refused(&node, json!({"mailboxIds": many("m1", 129)})).await["type"], "tooManyMailboxes");
    let large = upload(&node, &vec![b'x'; 26_000_000]).await;
    let part = json!({"blobId": large, "type": "application/pdf"});
    assert_eq!(refused(&node, json!({"attachments": [part, part]})).await["type"], "tooLarge");
    // One text in many parts is as much as many texts.
    let parts: Vec<Value> = (0..600).map(|_| json!({"partId": "x", "type": "text/plain"})).collect();
    let values = json!({"x": {"value": "x".repeat(100_000)}});
    let error = refused(&node, json!({"bodyStructure": {"subParts": parts}, "bodyValues": values})).await;
    assert_eq!(error["type"], "tooLarge");
    let mut deep = json!({"partId": "x"});
    for _ in 0..40 {
        deep = json!({"subParts": [deep]});
    }
    let error = refused(&node, json!({"bodyStructure": deep, "bodyValues": {"x": {"value": "x"}}})).await;
    assert_eq!(error["type"], "invalidProperties");
    let wide: Vec<Value> = (0..1001).map(|_| json!({"partId": "x"})).collect();
    let error =
        refused(&node, json!({"bodyStructure": {"subParts": wide}, "bodyValues": {"x": {"value": "x"}}}))
            .await;
    assert_eq!(error["type"], "invalidProperties");
    let fields: serde_json::Map<String, Value> =
        (0..1001).map(|n| (format!("header:X-{n}"), json!("x"))).collect();
    assert_eq!(refused(&node, Value::Object(fields)).await["properties"], json!(["header:X-1000"]));
    let long = refused(&node, json!({"subject": "ü".repeat(200_000), "header:X": "x".repeat(999)})).await;
    assert_eq!(long["properties"], json!(["subject", "header:X"]));
    let name = "n".repeat(2000);
    let error =
        refused(&node, json!({"attachments": [{"blobId": upload(&node, b"x").await, "name": name}]})).await;
    assert_eq!(error["properties"], json!(["attachments/0/name"]));
}

#[tokio::test]
async fn nothing_is_created_in_another_state() {
    let node = Node::new().await;
    let arguments = json!({"ifInState": "99", "create": {"k": email(&node, json!({}))}});
    assert_eq!(node.one("Email/set", arguments).await["type"], "stateMismatch");
    assert_eq!(node.one("Email/query", json!({})).await["ids"], json!([]));
}
