//! SearchSnippet/get (RFC 8621 §5).

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::node::{CORE, MAIL};

const REPORT: &[u8] = b"From: Ann <ann@example.org>\r\nSubject: The Foosball <competition> & more\r\n\
    Message-ID: <1@x>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear all,\r\n\r\nthe foos table isn't \
    in the B\xC3\xBCro but a < b.\r\n";

const PAGE: &[u8] =
    b"From: Bob <foo@example.org>\r\nSubject: none\r\nMessage-ID: <2@x>\r\nContent-Type: text/html\r\n\r\n\
    <style>foo{}</style><p>Only <b>here</b> is&nbsp;a foo&lt;script&gt;</p>\r\n";

async fn two(node: &Node) -> [Value; 2] {
    let one = node.deliver(REPORT, "2026-03-01T08:00:00Z").await.email;
    let other = node.deliver(PAGE, "2026-03-01T09:00:00Z").await.email;
    [json!(one), json!(other)]
}

async fn snippets(node: &Node, filter: Value, ids: &[Value]) -> Value {
    node.one("SearchSnippet/get", json!({"filter": filter, "emailIds": ids})).await
}

#[tokio::test]
async fn matches_are_marked_and_all_else_is_escaped() {
    let node = Node::new().await;
    let ids = two(&node).await;
    insta::assert_json_snapshot!("marked", snippets(&node, json!({"text": "foo"}), &ids).await);
}

#[tokio::test]
async fn only_what_must_be_there_is_shown_and_only_where_it_was_looked_for() {
    let node = Node::new().await;
    let [one, other] = two(&node).await;
    let of = async |filter: Value, id: &Value| {
        let told = snippets(&node, filter, std::slice::from_ref(id)).await;
        assert_eq!(told["notFound"], Value::Null);
        let snippet = &told["list"][0];
        assert_eq!(&snippet["emailId"], id);
        (snippet["subject"].is_string(), snippet["preview"].is_string())
    };
    let not = |filter: Value| json!({"operator": "NOT", "conditions": [filter]});
    for (filter, expected) in [
        (json!(null), (false, false)),
        (json!({}), (false, false)),
        (json!({"text": ""}), (false, false)),
        (json!({"text": "absent"}), (false, false)),
        (json!({"from": "ann", "hasAttachment": false}), (false, false)),
        (json!({"subject": "foo"}), (true, false)),
        (json!({"body": "foo"}), (false, true)),
        (json!({"text": "foo"}), (true, true)),
        (json!({"text": "buro"}), (false, true)),
        (json!({"text": "competition table"}), (true, true)),
        (json!({"text": "\"foos table\""}), (false, true)),
        (json!({"body": "\"foo\""}), (false, false)),
        (not(json!({"text": "foo"})), (false, false)),
        (not(not(json!({"text": "foo"}))), (true, true)),
        (json!({"operator": "OR", "conditions": [{"subject": "foo"}, {"body": "absent"}]}), (true, false)),
    ] {
        assert_eq!(of(filter.clone(), &one).await, expected, "{filter}");
    }
    assert_eq!(of(json!({"text": "foo"}), &other).await, (false, true), "a style sheet is not shown");
}

#[tokio::test]
async fn a_preview_has_at_most_255_octets_around_its_match() {
    let node = Node::new().await;
    let body = format!(
        "{}\r\nthe needle & its thread\r\n{}",
        "hay & <straw>\r\n".repeat(300),
        "öäü\r\n".repeat(300)
    );
    let raw = format!("From: a@x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}");
    let id = json!(node.deliver(raw.as_bytes(), "2026-03-01T08:00:00Z").await.email);
    let told = snippets(&node, json!({"body": "needle"}), &[id]).await;
    let preview = told["list"][0]["preview"].as_str().unwrap();
    assert!(preview.contains("the <mark>needle</mark> &amp; its thread öäü"), "{preview}");
    assert!(preview.len() <= 255 && preview.len() > 200, "{}", preview.len());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let node = Node::new().await;
    let [one, other] = two(&node).await;
    let ids = [json!("e999999"), other.clone(), json!("nonsense"), one.clone(), other.clone()];
    let told = snippets(&node, json!({"text": "foo"}), &ids).await;
    let listed: Vec<&Value> =
        told["list"].as_array().unwrap().iter().map(|snippet| &snippet["emailId"]).collect();
    assert_eq!(listed, [&other, &one]);
    let mut not_found = told["notFound"].as_array().unwrap().clone();
    not_found.sort_by_key(Value::to_string);
    assert_eq!(not_found, ["e999999", "nonsense"]);
    let none = snippets(&node, json!({"text": "foo"}), &[]).await;
    assert_eq!((&none["list"], &none["notFound"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let node = Node::new().await;
    for (wrong, kind) in [
        (json!({"emailIds": [], "filter": {"nonsense": 1}}), "unsupportedFilter"),
        (json!({"emailIds": [], "filter": {"text": 1}}), "invalidArguments"),
        (json!({"emailIds": null}), "invalidArguments"),
        (json!({"filter": {}}), "invalidArguments"),
        (json!({"emailIds": [""]}), "invalidArguments"),
        (json!({"emailIds": [], "properties": []}), "invalidArguments"),
        (json!({"emailIds": vec!["e1"; 1001]}), "requestTooLarge"),
        (json!({"emailIds": [], "accountId": "a99"}), "accountNotFound"),
    ] {
        assert_eq!(node.one("SearchSnippet/get", wrong.clone()).await["type"], kind, "{wrong}");
    }
    let smime = json!([["SearchSnippet/get", {"accountId": node.account, "emailIds": [], "filter": {"hasSmime": true}}, "0"]]);
    assert_eq!(node.call(&[CORE, MAIL], smime).await[0][1]["type"], "unsupportedFilter");
}
