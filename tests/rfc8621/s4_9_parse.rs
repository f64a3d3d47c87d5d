//! Email/parse (RFC 8621 §4.9).

use serde_json::{Value, json};
use signet::jmap::blobs::{read_blob, store_upload};
use signet::wire::blob_id::BlobId;

use crate::support::Node;

const INSIDE: &str = "From: J\u{f6}rg <joerg@example.org>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <i@example.org>\r\n\
    Date: Sun, 1 Mar 2026 09:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n\
    --i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n\
    --i\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--i--\r\n";

async fn upload(node: &Node, data: &[u8]) -> String {
    store_upload(&node.store, node.account, "demo@example.org", data.to_vec().into())
        .await
        .unwrap()
        .to_string()
}

async fn octets(node: &Node, blob_id: &Value) -> Vec<u8> {
    let id = BlobId::parse(blob_id.as_str().unwrap()).unwrap();
    read_blob(&node.store, node.account, "demo@example.org", id).await.unwrap().unwrap()
}

/// A message with another inside, encoded or not.
fn around(encoding: &str, inside: &str) -> Vec<u8> {
    let inside = match encoding {
        "base64" => crate::support::mail::base64_lines(inside.as_bytes()),
        _ => inside.to_owned(),
    };
    format!(
        "Subject: around\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nsee below\r\n--o\r\n\
         Content-Type: message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{inside}\r\n--o--\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn the_default_is_that_of_the_rfc() {
    let node = Node::new().await;
    let blob = upload(&node, INSIDE.as_bytes()).await;
    let parsed = node.one("Email/parse", json!({"blobIds": [blob], "fetchTextBodyValues": true})).await;
    insta::assert_json_snapshot!("parse_default", parsed);
}

#[tokio::test]
async fn what_only_an_email_in_an_account_has_is_null() {
    let node = Node::new().await;
    let blob = upload(&node, INSIDE.as_bytes()).await;
    let properties = json!([
        "subject",
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "size",
        "receivedAt",
        "smimeStatus"
    ]);
    let parsed = node.one("Email/parse", json!({"blobIds": [blob], "properties": properties})).await;
    assert_eq!(
        parsed["parsed"][&blob],
        json!({
            "id": null,
            "blobId": blob,
            "threadId": null,
            "mailboxIds": null,
            "keywords": null,
            "size": INSIDE.len(),
            "receivedAt": null,
            "subject": "Grüße",
            "smimeStatus": null,
        })
    );
    let one = node.one("Email/parse", json!({"blobIds": [blob], "properties": ["subject"]})).await;
    assert_eq!(one["parsed"][&blob], json!({"subject": "Grüße"}), "only what is asked for");
}

#[tokio::test]
async fn attached_messages_are_parsed_by_the_ids_of_their_parts() {
    let node = Node::new().await;
    for encoding in ["8bit", "base64"] {
        let email = node.deliver(&around(encoding, INSIDE), "2026-03-01T08:00:00Z").await.email;
        let got = node.one("Email/get", json!({"ids": [email], "properties": ["attachments"]})).await;
        let blob = got["list"][0]["attachments"][0]["blobId"].as_str().unwrap().to_owned();
        let arguments = json!({
            "blobIds": [blob, blob],
            "properties": ["blobId", "from", "subject", "attachments", "bodyValues", "header:Message-ID:asMessageIds"],
            "bodyProperties": ["blobId", "type", "size"],
            "fetchAllBodyValues": true,
            "maxBodyValueBytes": 4,
        });
        let parsed = node.one("Email/parse", arguments).await;
        assert_eq!((&parsed["notFound"], &parsed["notParsable"]), (&Value::Null, &Value::Null), "{parsed}");
        let inside = &parsed["parsed"][&blob];
        assert_eq!(inside["blobId"], blob);
        assert_eq!(inside["from"], json!([{"name": "Jörg", "email": "joerg@example.org"}]));
        assert_eq!(inside["header:Message-ID:asMessageIds"], json!(["i@example.org"]));
        assert_eq!(
            inside["bodyValues"]["1"],
            json!({"value": "hell", "isEncodingProblem": false, "isTruncated": true})
        );
        let pdf = &inside["attachments"][0];
        assert_eq!((&pdf["type"], &pdf["size"]), (&json!("application/pdf"), &json!(4)));
        assert_eq!(octets(&node, &pdf["blobId"]).await, b"%PDF", "{encoding}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_no_message_is_told_apart() {
    let node = Node::new().await;
    let (good, junk) = (upload(&node, INSIDE.as_bytes()).await, upload(&node, b"this is no message").await);
    let empty = upload(&node, b"").await;
    let foreign =
        store_upload(&node.store, node.account, "somebody@example.org", b"A: b\r\n\r\n".to_vec().into())
            .await
            .unwrap();
    let ids = json!([junk, "nonexistent-blob-xyz", good, empty, foreign.to_string(), junk]);
    let parsed = node.one("Email/parse", json!({"blobIds": ids, "properties": ["subject"]})).await;
    assert_eq!(
        parsed,
        json!({
            "accountId": node.account,
            "parsed": {good.as_str(): {"subject": "Grüße"}},
            "notParsable": [junk, empty],
            "notFound": ["nonexistent-blob-xyz", foreign.to_string()],
        })
    );
    let none = node.one("Email/parse", json!({"blobIds": []})).await;
    assert_eq!(
        none,
        json!({"accountId": node.account, "parsed": null, "notParsable": null, "notFound": null})
    );
}

#[tokio::test]
async fn arguments_are_checked() {
    let node = Node::new().await;
    let blob = upload(&node, INSIDE.as_bytes()).await;
    for wrong in [
        json!({}),
        json!({"blobIds": null}),
        json!({"blobIds": [blob], "properties": ["nonsense"]}),
        json!({"blobIds": [blob], "properties": ["header:From:asDate"]}),
        json!({"blobIds": [blob], "bodyProperties": ["nonsense"]}),
        json!({"blobIds": [blob], "maxBodyValueBytes": -1}),
        json!({"blobIds": [blob], "nonsense": 1}),
    ] {
        assert_eq!(node.one("Email/parse", wrong.clone()).await["type"], "invalidArguments", "{wrong}");
    }
    let many: Vec<String> = (0..1001).map(|number| format!("b{number}")).collect();
    assert_eq!(node.one("Email/parse", json!({"blobIds": many})).await["type"], "requestTooLarge");
    let header = json!({"blobIds": [blob], "properties": ["header:sUBJECT:asText"]});
    let parsed = node.one("Email/parse", header).await;
    assert_eq!(parsed["parsed"][&blob], json!({"header:sUBJECT:asText": "Grüße"}));
}

#[tokio::test]
async fn a_signed_message_is_signed_and_not_verified() {
    let node = Node::of_the_demonstration().await;
    let signed =
        node.one("Email/query", json!({"filter": {"hasVerifiedSmime": true}})).await["ids"][0].clone();
    let got = node.one("Email/get", json!({"ids": [signed], "properties": ["blobId"]})).await;
    let blob = got["list"][0]["blobId"].as_str().unwrap();
    let properties = json!(["smimeStatus", "smimeStatusAtDelivery", "smimeErrors", "smimeVerifiedAt"]);
    let parsed = node.one("Email/parse", json!({"blobIds": [blob], "properties": properties})).await;
    assert_eq!(
        parsed["parsed"][blob],
        json!({"smimeStatus": "signed", "smimeStatusAtDelivery": null, "smimeErrors": null, "smimeVerifiedAt": null})
    );
}

/// Ids are short and messages are not: a call that names many parts of a large blob does not keep the server busy.
#[tokio::test]
async fn one_call_reads_so_many_octets_and_no_more() {
    let node = Node::new().await;
    let large = upload(&node, &vec![b'x'; 10_000_001]).await;
    let parts =
        |count: usize| (0..count).map(|n| format!("p{}_{n}_5000000_i", &large[1..])).collect::<Vec<_>>();
    assert_eq!(node.one("Email/parse", json!({"blobIds": parts(30)})).await["type"], "requestTooLarge");
    assert_eq!(node.one("Email/parse", json!({"blobIds": parts(2)})).await["type"], Value::Null);
}
