//! RFC 8621 §4.2: Email/get.

use serde_json::{Value, json};

use crate::support::{Node, letter};

/// "the following default MUST be used instead of 'all' properties".
#[tokio::test]
async fn the_default_properties_are_those_of_the_rfc() {
    let node = Node::new().await;
    let email = node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await.email;
    let mut default = [
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "size",
        "receivedAt",
        "messageId",
        "inReplyTo",
        "references",
        "sender",
        "from",
        "to",
        "cc",
        "bcc",
        "replyTo",
        "subject",
        "sentAt",
        "hasAttachment",
        "preview",
        "bodyValues",
        "textBody",
        "htmlBody",
        "attachments",
    ];
    default.sort_unstable();
    for properties in [json!({}), json!({"properties": null})] {
        let mut arguments = properties;
        arguments["ids"] = json!([email]);
        let got = node.one("Email/get", arguments).await;
        let mut names: Vec<&String> = got["list"][0].as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, default);
        assert_eq!(got["list"][0]["bodyValues"], json!({}), "none unless they are asked for");
    }
}

/// A message with a text, its HTML, and a text that is attached.
const MULTIPART: &str = "From: ann@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=m\r\n\r\n\
    --m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
    --a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\u{fc}\u{df}e\r\n\
    --a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>Gr\u{fc}\u{df}e</b> <a href=\"https://example.com/\">x</a>\r\n--a--\r\n\
    --m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment\r\n\r\na;b\r\n--m--\r\n";

/// fetchTextBodyValues, fetchHTMLBodyValues, fetchAllBodyValues.
#[tokio::test]
async fn the_values_that_are_asked_for_come() {
    let node = Node::new().await;
    let email = node.deliver(MULTIPART.as_bytes(), "2026-03-01T08:00:00Z").await.email;
    let parts = async |arguments: Value| {
        let mut arguments = arguments;
        arguments["ids"] = json!([email]);
        arguments["properties"] = json!(["bodyValues"]);
        let got = node.one("Email/get", arguments).await;
        let values = got["list"][0]["bodyValues"].as_object().unwrap().clone();
        values
            .into_iter()
            .map(|(_, value)| value["value"].as_str().unwrap().trim().to_owned())
            .collect::<Vec<_>>()
    };
    let (text, html, csv) = ("Grüße", "<b>Grüße</b> <a href=\"https://example.com/\">x</a>", "a;b");
    assert_eq!(parts(json!({"fetchTextBodyValues": true})).await, [text]);
    assert_eq!(parts(json!({"fetchHTMLBodyValues": true})).await, [html]);
    assert_eq!(parts(json!({"fetchTextBodyValues": true, "fetchHTMLBodyValues": true})).await, [text, html]);
    assert_eq!(parts(json!({"fetchAllBodyValues": true})).await, [text, html, csv]);
    assert_eq!(parts(json!({"fetchAllBodyValues": false})).await, [""; 0]);
}

/// maxBodyValueBytes: "MUST be truncated", in "valid UTF-8", not "mid-codepoint", and not "inside an HTML tag".
#[tokio::test]
async fn values_are_cut_between_characters_and_outside_of_tags() {
    let node = Node::new().await;
    let email = node.deliver(MULTIPART.as_bytes(), "2026-03-01T08:00:00Z").await.email;
    let (text, html) = ("Grüße", "<b>Grüße</b> <a href=\"https://example.com/\">x</a>");
    for bytes in 1..80_usize {
        let got = node
            .one(
                "Email/get",
                json!({
                    "ids": [email], "properties": ["bodyValues", "textBody", "htmlBody"], "maxBodyValueBytes": bytes,
                    "fetchTextBodyValues": true, "fetchHTMLBodyValues": true
                }),
            )
            .await["list"][0]
            .clone();
        for (list, whole) in [("textBody", text), ("htmlBody", html)] {
            let value = &got["bodyValues"][got[list][0]["partId"].as_str().unwrap()];
            let cut = value["value"].as_str().unwrap();
            assert!(cut.len() <= bytes, "{bytes}: {cut:?}");
            assert!(whole.starts_with(cut.trim_end_matches('\n')), "{bytes}: {cut:?}");
            assert_eq!(
                value["isTruncated"],
                json!(cut.trim_end_matches('\n').len() < whole.len()),
                "{bytes}: {cut:?}"
            );
            if list == "htmlBody" {
                assert_eq!(cut.matches('<').count(), cut.matches('>').count(), "{bytes}: {cut:?}");
            } else {
                assert!(cut.len() + 1 >= bytes.min(whole.len()), "{bytes}: {cut:?} is cut too short");
            }
        }
    }
    for wrong in [json!(-1), json!("9"), json!(1.5)] {
        let failed = node.one("Email/get", json!({"ids": [email], "maxBodyValueBytes": wrong})).await;
        assert_eq!(failed["type"], "invalidArguments", "{wrong}");
    }
}

/// bodyProperties: what is asked for of each part, also header fields; what no part has is invalidArguments.
#[tokio::test]
async fn parts_show_what_is_asked_for() {
    let node = Node::new().await;
    let email = node.deliver(MULTIPART.as_bytes(), "2026-03-01T08:00:00Z").await.email;
    let get = async |body_properties: Value| {
        let properties = json!(["textBody", "attachments"]);
        node.one(
            "Email/get",
            json!({"ids": [email], "properties": properties, "bodyProperties": body_properties}),
        )
        .await
    };
    let chosen = get(json!(["type", "header:content-DISPOSITION:asText"])).await;
    assert_eq!(
        chosen["list"][0],
        json!({
            "id": email,
            "textBody": [{"type": "text/plain", "header:content-DISPOSITION:asText": null}],
            "attachments": [{"type": "text/csv", "header:content-DISPOSITION:asText": "attachment"}],
        })
    );
    assert_eq!(get(json!([])).await["list"][0]["textBody"], json!([{}]));
    for wrong in [json!(["nonsense"]), json!(["header:From:asDate"]), json!("type")] {
        assert_eq!(get(wrong.clone()).await["type"], "invalidArguments", "{wrong}");
    }
    let default = node.one("Email/get", json!({"ids": [email], "properties": ["textBody"]})).await;
    let names: Vec<String> = default["list"][0]["textBody"][0].as_object().unwrap().keys().cloned().collect();
    for expected in
        ["partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"]
    {
        assert!(names.contains(&expected.to_owned()), "{expected}");
    }
}

/// A message that could not be worse is shown, and keeps no other from being shown.
#[tokio::test]
async fn broken_messages_are_shown_beside_others() {
    let node = Node::new().await;
    let mut ids = vec![node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await.email];
    for broken in [
        b"Subject: =?utf-8?b?////?= \xff\x00\r\nFrom: <<>>,;:\r\nDate: 99 Foo\r\n\r\n\x00\xff".as_slice(),
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x",
        b"Content-Type: ;;;\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"A: \r\n\r\n",
    ] {
        ids.push(node.deliver(broken, "2026-03-01T08:00:00Z").await.email);
    }
    let properties = json!([
        "subject",
        "from",
        "sentAt",
        "preview",
        "textBody",
        "htmlBody",
        "attachments",
        "bodyValues",
        "bodyStructure",
        "headers",
        "hasAttachment"
    ]);
    let got = node
        .one("Email/get", json!({"ids": ids, "properties": properties, "fetchAllBodyValues": true}))
        .await;
    assert_eq!(got["list"].as_array().unwrap().len(), ids.len());
    assert!(!got.to_string().contains("\\u0000"));
}
