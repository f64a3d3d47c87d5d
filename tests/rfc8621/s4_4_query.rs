//! Email/query (RFC 8621 §4.4), beside `query`, which holds compiled queries to a naive evaluator.

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;

async fn deliver(node: &Node, raw: &[u8], minute: u32) -> EmailId {
    node.deliver(raw, &format!("2026-03-01T08:{minute:02}:00Z")).await.email
}

async fn found(node: &Node, filter: Value) -> Value {
    let sort = json!([{"property": "receivedAt"}]);
    let found = node.one("Email/query", json!({"filter": filter, "sort": sort})).await;
    assert!(found["ids"].is_array(), "{filter} {found}");
    found["ids"].clone()
}

#[tokio::test]
async fn addresses_are_found_by_their_parts() {
    let node = Node::new().await;
    let ann = b"From: \"Ann M. O'Neill\" <ann.oneill+list@mail.example.org>\r\nTo: team@example.com\r\nSubject: x\r\n\r\n1\r\n";
    let ann = deliver(&node, ann, 1).await;
    let bob = deliver(
        &node,
        b"From: =?utf-8?q?J=C3=BCrgen?= <bob@examination.net>\r\nCc: ann@example.org\r\n\r\n2\r\n",
        2,
    )
    .await;
    for (from, expected) in [
        ("exam", json!([ann, bob])),
        ("example", json!([ann])),
        ("example.org", json!([ann])),
        ("@mail.example.org", json!([ann])),
        ("mail.exam", json!([ann])),
        ("ann.oneill+list@mail.example.org", json!([ann])),
        ("oneill", json!([ann])),
        ("O'Neill", json!([ann])),
        ("ann", json!([ann])),
        ("Ann O", json!([ann])),
        ("\"Ann M.\"", json!([ann])),
        ("jurgen", json!([bob])),
        ("JÜRGEN bob", json!([bob])),
        ("net", json!([bob])),
        // In the middle of a word nobody looks: every short text would be found everywhere.
        ("ample", json!([])),
        ("team", json!([])),
    ] {
        assert_eq!(found(&node, json!({"from": from})).await, expected, "{from}");
    }
    assert_eq!(found(&node, json!({"to": "team"})).await, json!([ann]));
    assert_eq!(found(&node, json!({"cc": "exam"})).await, json!([bob]));
    assert_eq!(found(&node, json!({"text": "exam"})).await, json!([ann, bob]));
    assert_eq!(
        found(&node, json!({"header": ["From", "ample"]})).await,
        json!([ann]),
        "a header is text as it is"
    );
}

#[tokio::test]
async fn a_word_of_every_message_is_found_in_all_of_them() {
    let node = Node::new().await;
    // Forms that a stemmer would cut each in its way.
    let words =
        ["running", "runs", "Organisation", "organisieren", "general", "generously", "the", "a", "news"];
    let mut all = Vec::new();
    for (minute, word) in words.iter().enumerate() {
        let raw = format!(
            "From: a@x\r\nSubject: {word}\r\nMessage-ID: <{minute}@x>\r\n\r\n{} common {word}\r\n",
            words.join(" ")
        );
        all.push(deliver(&node, raw.as_bytes(), minute as u32).await);
    }
    for word in words.iter().chain(&["common"]) {
        assert_eq!(found(&node, json!({"body": word})).await, json!(all), "{word}");
        assert_eq!(found(&node, json!({"text": format!("\"{word}\"")})).await, json!(all), "{word}");
    }
    for (index, word) in words.iter().enumerate().filter(|(_, word)| word.len() > 1) {
        assert_eq!(found(&node, json!({"subject": word})).await, json!([all[index]]), "{word}");
    }
}

#[tokio::test]
async fn broken_charsets_and_nul_bytes_never_fail_a_search() {
    let node = Node::new().await;
    let nul = b"From: a\0nn@example.org\r\nSubject: one\0two \xFF\xFE\r\n\r\nbody\0 with \xC3\x28 needle\r\n";
    let nul = deliver(&node, nul, 1).await;
    let odd = b"From: =?nonsense?Q?=FF?= <b@x>\r\nSubject: =?utf-8?Q?=C3?= x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\x80\x81 needle\r\n";
    let odd = deliver(&node, odd, 2).await;
    let utf16 = b"From: c@x\r\nContent-Type: text/plain; charset=utf-16le\r\n\r\nn\0e\0e\0d\0l\0e\0!\0\0";
    let utf16 = deliver(&node, utf16, 3).await;
    assert_eq!(found(&node, json!({"body": "needle"})).await, json!([nul, odd, utf16]));
    for text in
        ["\0", "a\0b", "one\0two", "\u{FFFD}", "\\", "'", "\"", ":*", "& | !", "\u{10FFFD}", "<->", "%", "_"]
    {
        for condition in ["text", "from", "to", "cc", "bcc", "subject", "body"] {
            found(&node, json!({condition: text})).await;
        }
        found(&node, json!({"header": ["Subject", text]})).await;
        found(&node, json!({"header": [text]})).await;
    }
    assert_eq!(found(&node, json!({"subject": "onetwo"})).await, json!([nul]));
}

#[tokio::test]
async fn dates_are_read_as_programs_write_them() {
    let node = Node::new().await;
    let early = deliver(&node, b"From: a@x\r\n\r\n1\r\n", 1).await;
    let late = deliver(&node, b"From: a@x\r\n\r\n2\r\n", 30).await;
    for date in ["2026-03-01T08:30:00Z", "2026-03-01T08:30:00.000Z", "2026-03-01T08:29:59.999Z"] {
        assert_eq!(found(&node, json!({"before": date})).await, json!([early]), "{date}");
        assert_eq!(found(&node, json!({"after": date})).await, json!([late]), "{date}");
    }
    for wrong in ["2026-03-01", "2026-03-01T08:30:00+00:00", "2026-03-01t08:30:00z", "yesterday"] {
        let refused = node.one("Email/query", json!({"filter": {"after": wrong}})).await;
        assert_eq!(refused["type"], "invalidArguments", "{wrong}");
    }
}

#[tokio::test]
async fn a_header_is_found_by_its_name_and_by_its_value() {
    let node = Node::new().await;
    let raw = b"From: a@x\r\nX-Priority: 1 (Highest)\r\nList-Id: Some =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n <list.example.org>\r\nX-Empty:\r\n\r\nx\r\n";
    let id = deliver(&node, raw, 1).await;
    deliver(&node, b"From: b@x\r\nSubject: X-Priority: 1\r\n\r\ny\r\n", 2).await;
    for header in [
        json!(["x-priority"]),
        json!(["X-Priority", "highest"]),
        json!(["list-id", "grüsse <list"]),
        json!(["X-Empty"]),
        json!(["X-Empty", ""]),
    ] {
        assert_eq!(found(&node, json!({"header": header})).await, json!([id]), "{header}");
    }
    for header in [json!(["X-Priority", "2"]), json!(["Priority"]), json!(["X-Empty", "x"])] {
        assert_eq!(found(&node, json!({"header": header})).await, json!([]), "{header}");
    }
    for header in [json!([]), json!("X"), json!(["a", "b", "c"]), json!([1]), json!(["a", null])] {
        let refused = node.one("Email/query", json!({"filter": {"header": header}})).await;
        assert_eq!(refused["type"], "invalidArguments", "{header}");
    }
}
