//! What Email/get reads of an Email that was created is what was asked for (RFC 8621 §4.6), whatever that was.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use signet::jmap::blobs::store_upload;
use signet::wire::json::is_noncharacter;
use unicode_normalization::UnicodeNormalization;

use crate::support::Node;
use crate::support::audit::audit;

const EMAILS: usize = 150;

/// Text that a header field can hold as it is: in NFC, without control characters, white space at its ends and
/// byte order marks (what becomes of those is tested where messages are built), and without noncharacters, which
/// I-JSON does not admit.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-zA-Z0-9]{1,12}",
        "[\"\\\\(),:;<>@\\[\\].=?_'-]{1,6}",
        "[äöüéßñ日本語한국어🦀]{1,20}",
        Just("=?utf-8?Q?x?=".to_owned()),
        any::<char>().prop_map(String::from),
        "[a-z]{80,400}",
    ];
    let words = proptest::collection::vec((word, prop_oneof![Just(" "), Just("  "), Just("")]), 1..10);
    words.prop_filter_map("no text", |words| {
        let text: String = words.into_iter().map(|(word, space)| word + space).collect();
        let is_plain = |c: &char| !c.is_control() && *c != '\u{feff}' && !is_noncharacter(*c);
        let text: String = text.nfc().filter(is_plain).collect();
        let text = text.trim().to_owned();
        // Normalised text that is not stable (a lone mark at a new front) is no text to compare.
        (!text.is_empty() && text.nfc().eq(text.chars())).then_some(text)
    })
}

fn address() -> impl Strategy<Value = Value> {
    let email =
        prop_oneof!["[a-z0-9][a-z0-9.]{0,20}@[a-z]{1,9}\\.example", "[äö]{1,9}@exämple\\.org", "[a-z]{1,9}"];
    (proptest::option::of(text()), email).prop_map(|(name, email)| json!({"name": name, "email": email}))
}

fn addresses() -> impl Strategy<Value = Value> {
    proptest::collection::vec(address(), 1..5).prop_map(Value::from)
}

fn ids() -> impl Strategy<Value = Value> {
    proptest::collection::vec("[a-z0-9.=$!]{1,60}@[a-z]{1,20}", 1..8).prop_map(|ids| json!(ids))
}

fn date() -> impl Strategy<Value = Value> {
    (0i64..4_000_000_000, -12i32..=14).prop_map(|(seconds, hours)| {
        let offset = chrono::FixedOffset::east_opt(hours * 3600).unwrap();
        let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&offset);
        json!(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    })
}

/// The header properties of an Email, each there or not.
fn header() -> impl Strategy<Value = Map<String, Value>> {
    let group = (text(), proptest::collection::vec(address(), 0..3));
    let group = group.prop_map(|(name, addresses)| json!({"name": name, "addresses": addresses}));
    let properties: Vec<(&str, BoxedStrategy<Value>)> = vec![
        ("messageId", ids().prop_map(|ids| json!([ids[0]])).boxed()),
        ("inReplyTo", ids().boxed()),
        ("references", ids().boxed()),
        ("sender", addresses().boxed()),
        ("from", addresses().boxed()),
        ("to", addresses().boxed()),
        ("cc", addresses().boxed()),
        ("bcc", addresses().boxed()),
        ("replyTo", addresses().boxed()),
        ("subject", text().prop_map(Value::from).boxed()),
        ("sentAt", date().boxed()),
        ("header:X-Raw", "( [!-~]{1,70}){1,9}".prop_map(Value::from).boxed()),
        (
            "header:X-Text:asText:all",
            proptest::collection::vec(text(), 1..4).prop_map(|all| json!(all)).boxed(),
        ),
        (
            "header:X-Groups:asGroupedAddresses",
            proptest::collection::vec(group, 1..4).prop_map(Value::from).boxed(),
        ),
        ("header:X-Date:asDate", date().boxed()),
        (
            "header:List-Post:asURLs",
            ids().prop_map(|ids| json!([format!("mailto:{}", ids[0].as_str().unwrap())])).boxed(),
        ),
    ];
    let each: Vec<_> = properties
        .into_iter()
        .map(|(name, value)| {
            proptest::option::of(value).prop_map(move |value| value.map(|value| (name.to_owned(), value)))
        })
        .collect();
    each.prop_map(|properties| properties.into_iter().flatten().collect())
}

/// The text of a body, and the same as it is read.
fn body() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![text(), Just(String::new()), Just(" > x ".to_owned())], 0..12)
        .prop_map(|lines| lines.join("\n"))
}

#[derive(Debug)]
struct Case {
    header: Map<String, Value>,
    text: Option<String>,
    html: Option<String>,
    name: String,
    has_attachment: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let name = text().prop_filter("as long as a name may be", |name| name.len() <= 1024);
    (header(), proptest::option::of(body()), proptest::option::of(body()), name, any::<bool>()).prop_map(
        |(header, text, html, name, has_attachment)| Case { header, text, html, name, has_attachment },
    )
}

#[tokio::test]
async fn any_email_is_read_as_it_was_asked_for() {
    let node = Node::new().await;
    let blob =
        store_upload(&node.store, node.account, "demo@example.org", b"\0\xff attached".to_vec().into())
            .await
            .unwrap();
    let mut runner = TestRunner::default();
    let cases: Vec<Case> = (0..EMAILS).map(|_| case().new_tree(&mut runner).unwrap().current()).collect();
    let create: Map<String, Value> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let mut object = case.header.clone();
            object.insert("mailboxIds".to_owned(), json!({node.inbox.to_string(): true}));
            let mut values = Map::new();
            for (list, text) in [("textBody", &case.text), ("htmlBody", &case.html)] {
                if let Some(text) = text {
                    object.insert(list.to_owned(), json!([{"partId": list}]));
                    values.insert(list.to_owned(), json!({"value": text}));
                }
            }
            object.insert("bodyValues".to_owned(), Value::Object(values));
            if case.has_attachment {
                let part =
                    json!({"blobId": blob.to_string(), "type": "application/x-thing", "name": case.name});
                object.insert("attachments".to_owned(), json!([part]));
            }
            (format!("k{number}"), Value::Object(object))
        })
        .collect();
    let set = node.one("Email/set", json!({"create": create})).await;
    assert_eq!(set["notCreated"], Value::Null);
    for (number, case) in cases.iter().enumerate() {
        let mut properties: Vec<&str> = case.header.keys().map(String::as_str).collect();
        properties.extend(["bodyValues", "textBody", "htmlBody", "attachments"]);
        let ids = json!([set["created"][format!("k{number}")]["id"]]);
        let get = json!({"ids": ids, "properties": properties, "fetchAllBodyValues": true});
        let got = node.one("Email/get", get).await["list"][0].clone();
        for (name, value) in &case.header {
            assert_eq!(got[name], *value, "{name} of {case:?}");
        }
        let value_of = |list: &str| {
            let part = got[list][0]["partId"].as_str().unwrap_or_default();
            got["bodyValues"][part]["value"].as_str().map(str::to_owned)
        };
        if let Some(text) = &case.text {
            assert_eq!(value_of("textBody").as_ref(), Some(text), "{case:?}");
        }
        if let Some(html) = &case.html {
            assert_eq!(value_of("htmlBody").as_ref(), Some(html), "{case:?}");
        }
        let attachments = got["attachments"].as_array().unwrap();
        assert_eq!(attachments.len(), usize::from(case.has_attachment), "{case:?}");
        for part in attachments {
            assert_eq!((&part["name"], &part["size"]), (&json!(case.name), &json!(11)));
        }
    }
    audit(node.database.client()).await;
}
