//! RFC 8620 §3.6: errors of requests and of calls.

use reqwest::Response;
use serde_json::{Value, json};
use signet::jmap;

use crate::support::node::{CORE, MAIL, SMIMEVERIFY};
use crate::support::{Node, TestServer};

/// Sends a body as an API request.
async fn post(server: &TestServer, content_type: &str, body: impl Into<reqwest::Body>) -> Response {
    server.post("/jmap/api").header("content-type", content_type).body(body).send().await.unwrap()
}

/// §3.6.1: the type of the problem, which must come as problem details (RFC 7807) with the HTTP status.
async fn problem_type(response: Response) -> String {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status().as_u16();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    let kind = problem["type"].as_str().unwrap();
    kind.strip_prefix("urn:ietf:params:jmap:error:").unwrap_or_else(|| panic!("{kind}")).to_owned()
}

#[tokio::test]
async fn what_is_no_i_json_is_not_json() {
    let server = TestServer::start().await;
    let request = json!({"using": [CORE], "methodCalls": []}).to_string();
    for content_type in
        ["text/plain", "text/json", "application/jmap+json", "application/x-www-form-urlencoded"]
    {
        assert_eq!(problem_type(post(&server, content_type, request.clone()).await).await, "notJSON");
    }
    for body in [
        b"".as_slice(),
        b"{",
        b"{} {}",
        b"\xff",
        b"{'using': [], 'methodCalls': []}",
        // RFC 7493 §2.1 and §2.3: no lone surrogates, no noncharacters, no member twice.
        br#"{"using": [], "methodCalls": [["Core/echo", {"a": "\ud800"}, "0"]]}"#,
        br#"{"using": [], "methodCalls": [["Core/echo", {"a": "\ufffe"}, "0"]]}"#,
        br#"{"using": [], "using": [], "methodCalls": []}"#,
        br#"{"using": [], "methodCalls": [["Core/echo", {"a": 1, "a": 2}, "0"]]}"#,
        br#"{"using": [], "methodCalls": [["Core/echo", {"a": 1e999}, "0"]]}"#,
    ] {
        let response = post(&server, "application/json", body.to_vec()).await;
        assert_eq!(problem_type(response).await, "notJSON", "{}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn json_of_another_shape_is_no_request() {
    let server = TestServer::start().await;
    for request in [
        json!([]),
        json!(null),
        json!({}),
        json!({"using": [CORE]}),
        json!({"methodCalls": []}),
        json!({"using": CORE, "methodCalls": []}),
        json!({"using": [1], "methodCalls": []}),
        json!({"using": [], "methodCalls": {}}),
        json!({"using": [], "methodCalls": [["Core/echo", {}]]}),
        json!({"using": [], "methodCalls": [["Core/echo", {}, "0", "1"]]}),
        json!({"using": [], "methodCalls": [["Core/echo", [], "0"]]}),
        json!({"using": [], "methodCalls": [["Core/echo", {}, 0]]}),
        json!({"using": [], "methodCalls": [[null, {}, "0"]]}),
        json!({"using": [], "methodCalls": [{"name": "Core/echo"}]}),
        json!({"using": [], "methodCalls": [], "createdIds": []}),
        json!({"using": [], "methodCalls": [], "createdIds": {"k": 1}}),
        json!({"using": [], "methodCalls": [], "createdIds": {"k": "no id"}}),
    ] {
        let response = post(&server, "application/json", request.to_string()).await;
        assert_eq!(
            (response.status().as_u16(), problem_type(response).await.as_str()),
            (400, "notRequest"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_capability_that_is_not_there_refuses_the_request() {
    let server = TestServer::start().await;
    for uri in ["urn:example:unknown", "", "urn:ietf:params:jmap:Core"] {
        let request = json!({"using": [CORE, uri], "methodCalls": [["Core/echo", {}, "0"]]});
        let response = post(&server, "application/json", request.to_string()).await;
        assert_eq!(
            (response.status().as_u16(), problem_type(response).await.as_str()),
            (400, "unknownCapability")
        );
    }
}

/// "A 'limit' property MUST also be present".
#[tokio::test]
async fn a_limit_is_named_and_holds_from_the_next_one_on() {
    let server = TestServer::start_with(|config| {
        config.limits.max_calls_in_request = 2;
        config.limits.max_size_request = 1000;
    })
    .await;
    let request = |calls: usize, fill: usize| {
        let calls = vec![json!(["Core/echo", {}, "0"]); calls];
        json!({"using": [CORE], "methodCalls": calls, "fill": "x".repeat(fill)}).to_string()
    };
    let largest = 1000 - request(2, 0).len();
    assert_eq!(post(&server, "application/json", request(2, largest)).await.status(), 200);
    for (request, limit) in
        [(request(3, 0), "maxCallsInRequest"), (request(2, largest + 1), "maxSizeRequest")]
    {
        let response = post(&server, "application/json", request).await;
        assert!(response.status().is_client_error());
        let problem: Value = response.json().await.unwrap();
        assert_eq!(
            (&problem["type"], &problem["limit"]),
            (&json!("urn:ietf:params:jmap:error:limit"), &json!(limit))
        );
    }
}

/// §3.6.2: an error stands in the place of its call's response, and the next calls are processed.
#[tokio::test]
async fn calls_that_fail_do_not_keep_the_next_ones_from_being_processed() {
    let node = Node::new().await;
    let account = node.account;
    let calls = json!([
        ["Mailbox/nonsense", {"accountId": account}, "no such method"],
        ["mailbox/get", {"accountId": account}, "names are case-sensitive"],
        ["Mailbox/get", {}, "no account"],
        ["Mailbox/get", {"accountId": account, "ids": "m1"}, "a wrong type"],
        ["Mailbox/get", {"accountId": account, "nonsense": null}, "an unknown argument"],
        ["Mailbox/get", {"accountId": "a99"}, "an account that is not there"],
        ["Mailbox/get", {"accountId": account, "#ids": {"resultOf": "x", "name": "Mailbox/get", "path": "/ids"}}, "a reference to nothing"],
        ["Mailbox/changes", {"accountId": account, "sinceState": "nonsense"}, "a state that was never told"],
        ["Mailbox/set", {"accountId": account, "ifInState": "nonsense"}, "another state"],
        ["Email/query", {"accountId": account, "filter": {"nonsense": 1}}, "an unknown condition"],
        ["Email/query", {"accountId": account, "sort": [{"property": "nonsense"}]}, "an unknown order"],
        ["Email/query", {"accountId": account, "anchor": "e99"}, "an anchor that is not there"],
        ["Mailbox/get", {"accountId": account, "ids": [], "properties": ["name"]}, "all is well"],
    ]);
    insta::assert_json_snapshot!(node.call(&[CORE, MAIL], calls).await);
}

/// "the externally visible state of the server MUST NOT have changed if an error is returned at the method level."
#[tokio::test]
async fn a_call_that_fails_changes_nothing() {
    let node = Node::new().await;
    let email = node.deliver(b"Subject: x\r\n\r\nx\r\n", "2026-03-01T08:00:00Z").await.email.to_string();
    let states = async || {
        let state = async |method| node.one(method, json!({"ids": []})).await["state"].clone();
        [state("Mailbox/get").await, state("Email/get").await, state("Thread/get").await]
    };
    let before = states().await;
    let create = json!({"k": {"name": "Plans"}});
    for (method, arguments) in [
        ("Mailbox/set", json!({"create": create, "nonsense": 1})),
        ("Mailbox/set", json!({"create": create, "ifInState": "999"})),
        ("Mailbox/set", json!({"create": create, "destroy": {"m1": true}})),
        ("Mailbox/set", json!({"create": create, "update": {"not an id": {}}})),
        ("Email/set", json!({"update": {&email: {"keywords/$seen": true}}, "destroy": [7]})),
        ("Email/set", json!({"destroy": [email], "#create": {"resultOf": "x", "name": "y", "path": "/z"}})),
    ] {
        let failed = node.one(method, arguments.clone()).await;
        assert!(failed["type"].is_string(), "{method} {arguments}: {failed}");
        assert_eq!(states().await, before, "{method} {arguments}");
    }
}

/// §1.8, §3.3: methods exist as far as `using` names their capability. With none named there is not even Core/echo.
#[tokio::test]
async fn methods_need_their_capability_in_using() {
    let node = Node::new().await;
    let calls = json!([["Core/echo", {}, "0"], ["Mailbox/get", {"accountId": node.account, "ids": []}, "1"]]);
    let names = async |using: &[&str]| {
        let responses = node.call(using, calls.clone()).await;
        [0, 1].map(|call: usize| match responses[call][0].as_str().unwrap() {
            "error" => responses[call][1]["type"].as_str().unwrap().to_owned(),
            name => name.to_owned(),
        })
    };
    assert_eq!(names(&[]).await, ["unknownMethod", "unknownMethod"]);
    assert_eq!(names(&[CORE]).await, ["Core/echo", "unknownMethod"]);
    assert_eq!(names(&[MAIL]).await, ["unknownMethod", "Mailbox/get"]);
    assert_eq!(names(&[CORE, MAIL, SMIMEVERIFY]).await, ["Core/echo", "Mailbox/get"]);
}

/// §3.6.2: every method of an account says invalidArguments without its accountId, with one of another type, and with
/// an argument that it does not know; and accountNotFound for an account that the user does not have.
#[tokio::test]
async fn every_method_of_an_account_checks_its_arguments() {
    let server = TestServer::start().await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    let using: Vec<&String> = session["capabilities"].as_object().unwrap().keys().collect();
    let node = Node::new().await;
    let engine = jmap::engine(&node.trust.clone().into());
    let mut methods: Vec<&str> =
        engine.methods().map(|(name, _)| name).filter(|name| has_account(name)).collect();
    methods.sort_unstable();
    assert!(methods.len() > 10);
    for method in methods {
        let errors = async |arguments: Value| {
            let request = json!({"using": using, "methodCalls": [[method, arguments, "0"]]});
            let response = server.post("/jmap/api").json(&request).send().await.unwrap();
            let response: Value = response.json().await.unwrap();
            let [name, arguments, _] = [0, 1, 2].map(|part: usize| &response["methodResponses"][0][part]);
            assert_eq!(name, "error", "{method}: {response}");
            arguments["type"].as_str().unwrap().to_owned()
        };
        assert_eq!(errors(json!({})).await, "invalidArguments", "{method}");
        assert_eq!(errors(json!({"accountId": null})).await, "invalidArguments", "{method}");
        assert_eq!(errors(json!({"accountId": 1})).await, "invalidArguments", "{method}");
        assert_eq!(errors(json!({"accountId": "a1", "nonsense": 1})).await, "invalidArguments", "{method}");
        let mut elsewhere = required(method);
        elsewhere["accountId"] = json!("a99");
        assert_eq!(errors(elsewhere).await, "accountNotFound", "{method}");
    }
}

/// Core/echo takes anything, and a PushSubscription belongs to no account (RFC 8620 §4, §7.2).
fn has_account(name: &str) -> bool {
    name != "Core/echo" && !name.starts_with("PushSubscription/")
}

/// What a call must say beside its account, if nothing else is to be wrong with it.
fn required(method: &str) -> Value {
    let (_, verb) = method.split_once('/').unwrap();
    match (method, verb) {
        ("Email/import", _) => json!({"emails": {}}),
        ("Email/parse", _) => json!({"blobIds": []}),
        ("SearchSnippet/get", _) => json!({"emailIds": []}),
        ("Blob/copy", _) => json!({"fromAccountId": "a1", "blobIds": []}),
        ("Blob/get", _) => json!({"ids": []}),
        ("Blob/upload", _) => json!({"create": {}}),
        ("Blob/lookup", _) => json!({"typeNames": ["Email"], "ids": []}),
        ("MDN/send", _) => json!({"identityId": "i1", "send": {}}),
        ("MDN/parse", _) => json!({"blobIds": []}),
        (_, "changes") => json!({"sinceState": "0"}),
        (_, "queryChanges") => json!({"sinceQueryState": "0"}),
        (_, "copy") => json!({"fromAccountId": "a1", "create": {}}),
        _ => json!({}),
    }
}
