//! RFC 8620 §3.7: references to results of calls before.

use serde_json::{Value, json};

use crate::support::node::{CORE, MAIL};
use crate::support::{Node, letter};

fn reference(result_of: &str, name: &str, path: &str) -> Value {
    json!({"resultOf": result_of, "name": name, "path": path})
}

/// The second example of §3.7: from a query over the threads of what it found to all emails of these threads.
#[tokio::test]
async fn results_of_results_are_flattened_into_one_list() {
    let node = Node::new().await;
    let at = |hour: u32| format!("2026-03-01T{hour:02}:00:00Z");
    let first = node.deliver(&letter("1").bytes(), &at(1)).await;
    let second = node.deliver(&letter("2").bytes(), &at(2)).await;
    let answer = letter("3").subject("Re: Letter 1").answers("1");
    let third = node.deliver(&answer.bytes(), &at(3)).await;
    assert_eq!(first.thread, third.thread);

    let account = node.account;
    let calls = json!([
        ["Email/query", {"accountId": account, "collapseThreads": true, "limit": 10}, "t0"],
        ["Email/get", {"accountId": account, "#ids": reference("t0", "Email/query", "/ids"), "properties": ["threadId"]}, "t1"],
        ["Thread/get", {"accountId": account, "#ids": reference("t1", "Email/get", "/list/*/threadId")}, "t2"],
        ["Email/get", {"accountId": account, "#ids": reference("t2", "Thread/get", "/list/*/emailIds"), "properties": ["subject"]}, "t3"],
    ]);
    let responses = node.call(&[CORE, MAIL], calls).await;
    assert_eq!(responses[0][1]["ids"], json!([third.email, second.email]));
    let ids: Vec<&Value> =
        responses[3][1]["list"].as_array().unwrap().iter().map(|email| &email["id"]).collect();
    assert_eq!(json!(ids), json!([first.email, third.email, second.email]));
}

/// The first example of §3.7, and any argument may be a reference.
#[tokio::test]
async fn any_argument_may_be_a_reference() {
    let node = Node::new().await;
    let account = node.account;
    let state = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let email = node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await.email;
    let echo =
        json!({"wanted": {"names": ["size", "keywords"], "how/many~": 1}, "box": [{"id": node.inbox}]});
    let calls = json!([
        ["Core/echo", echo, "e"],
        ["Email/changes", {"accountId": account, "sinceState": state}, "c"],
        ["Email/get", {
            "accountId": account,
            "#ids": reference("c", "Email/changes", "/created"),
            "#properties": reference("e", "Core/echo", "/wanted/names"),
        }, "g"],
        ["Email/query", {"accountId": account, "#limit": reference("e", "Core/echo", "/wanted/how~1many~0")}, "q"],
        ["Mailbox/get", {"accountId": account, "#ids": reference("e", "Core/echo", "/box/*/id"), "properties": []}, "m"],
    ]);
    let responses = node.call(&[CORE, MAIL], calls).await;
    assert_eq!(
        responses[2][1]["list"],
        json!([{"id": email, "keywords": {}, "size": letter("1").bytes().len()}])
    );
    assert_eq!(responses[3][1]["ids"], json!([email]));
    assert_eq!(responses[4][1]["list"], json!([{"id": node.inbox}]));
}

/// "If any result reference fails to resolve, the whole method MUST be rejected with an 'invalidResultReference'
/// error", and "the method MUST return an 'invalidArguments' error" for an argument in both forms.
#[tokio::test]
async fn what_does_not_resolve_rejects_its_call_alone() {
    let node = Node::new().await;
    let account = node.account;
    let wrong = [
        (reference("later", "Core/echo", "/ids"), "a call that comes later"),
        (reference("never", "Core/echo", "/ids"), "no such call"),
        (reference("e", "Core/Echo", "/ids"), "another name"),
        (reference("failed", "Mailbox/get", "/list"), "the response is an error"),
        (reference("e", "Core/echo", "/nothing"), "nothing there"),
        (reference("e", "Core/echo", "ids"), "no pointer"),
        (reference("e", "Core/echo", "/ids/1"), "no such item"),
        (reference("e", "Core/echo", "/ids/-"), "the item after the last"),
        (reference("e", "Core/echo", "/ids/00"), "a leading zero"),
        (reference("e", "Core/echo", "/text/*"), "no array"),
        (reference("e", "Core/echo", "/mixed/*/a"), "not in each item"),
        (json!({"resultOf": "e", "name": "Core/echo"}), "no path"),
        (json!({"resultOf": "e", "path": "/ids"}), "no name"),
        (json!("e"), "no object"),
        (json!(null), "nothing at all"),
    ];
    let mut calls = vec![
        json!(["Core/echo", {"ids": ["m1"], "text": "m1", "mixed": [{"a": 1}, {"b": 1}]}, "e"]),
        json!(["Mailbox/get", {"accountId": "a99"}, "failed"]),
    ];
    calls.extend(
        wrong.iter().map(|(ids, why)| json!(["Mailbox/get", {"accountId": account, "#ids": ids}, why])),
    );
    let both = json!({"accountId": account, "ids": ["m1"], "#ids": reference("e", "Core/echo", "/ids")});
    calls.push(json!(["Mailbox/get", both, "both"]));
    calls.push(json!(["Core/echo", {"ids": []}, "later"]));
    let responses = node.call(&[CORE, MAIL], json!(calls)).await;
    for (index, (_, why)) in wrong.iter().enumerate() {
        let response = &responses[index + 2];
        assert_eq!(
            (&response[1]["type"], &response[2]),
            (&json!("invalidResultReference"), &json!(why)),
            "{why}"
        );
    }
    assert_eq!(responses[wrong.len() + 2][1]["type"], "invalidArguments");
    assert_eq!(responses[wrong.len() + 3][1], json!({"ids": []}));
}

/// A path that reads nothing of many items gives an empty list, which is no failure.
#[tokio::test]
async fn no_items_are_an_empty_list() {
    let node = Node::new().await;
    let account = node.account;
    let calls = json!([
        ["Email/query", {"accountId": account}, "q"],
        ["Email/get", {"accountId": account, "#ids": reference("q", "Email/query", "/ids")}, "g"],
        ["Thread/get", {"accountId": account, "#ids": reference("g", "Email/get", "/list/*/threadId")}, "t"],
    ]);
    let responses = node.call(&[CORE, MAIL], calls).await;
    assert_eq!((&responses[2][0], &responses[2][1]["list"]), (&json!("Thread/get"), &json!([])));
}

/// §3.7: "the first response" of the call is meant, where one call has several.
#[tokio::test]
async fn of_calls_with_one_id_the_first_is_meant() {
    let node = Node::new().await;
    let calls = json!([
        ["Core/echo", {"a": "first"}, "same"],
        ["Core/echo", {"a": "second"}, "same"],
        ["Core/echo", {"#b": reference("same", "Core/echo", "/a")}, "r"],
    ]);
    let responses = node.call(&[CORE], calls).await;
    assert_eq!(responses[2][1], json!({"b": "first"}));
}
