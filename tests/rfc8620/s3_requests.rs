//! RFC 8620 §3.1 to §3.5 and §3.8: requests, calls, responses, and the language of texts.

use serde_json::{Value, json};
use signet::store::login;
use signet::wire::ids::AccountId;

use crate::support::TestServer;
use crate::support::node::{CORE, MAIL};

/// The whole response to a request by ann.
async fn answer(server: &TestServer, request: &Value) -> Value {
    let response = server.post("/jmap/api").json(request).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

/// §3.4: "in the same order that the methods are processed"; §3.2: a call's id comes back with each of its responses,
/// whatever the client wrote.
#[tokio::test]
async fn responses_come_in_the_order_of_the_calls_with_their_ids() {
    let server = TestServer::start().await;
    let request = json!({
        "using": [CORE, MAIL],
        "methodCalls": [
            ["Mailbox/get", {"accountId": "a1", "ids": []}, "c1"],
            ["Core/echo", {"hello": [null, {"a": 1.5}], "": "\u{1F4EE}"}, "c1"],
            ["No/such", {}, ""],
            ["Core/echo", {}, "c 3 / \u{fc}"],
        ]
    });
    let response = answer(&server, &request).await;
    insta::assert_json_snapshot!(response, {".sessionState" => "[state]", ".**.state" => "[state]"});
}

/// §3.1: "processed sequentially, in order"; §3.10: each call sees what the ones before it did.
#[tokio::test]
async fn a_call_sees_what_the_calls_before_it_did() {
    let server = TestServer::start().await;
    let responses = server
        .calls(json!([
            ["Mailbox/query", {"accountId": "a1", "filter": {"name": "Plans"}}, "before"],
            ["Mailbox/set", {"accountId": "a1", "create": {"k": {"name": "Plans"}}}, "set"],
            ["Mailbox/query", {"accountId": "a1", "filter": {"name": "Plans"}}, "after"],
        ]))
        .await;
    assert_eq!(responses[0][1]["ids"], json!([]));
    assert_eq!(responses[2][1]["ids"], json!([responses[1][1]["created"]["k"]["id"]]));
}

/// §3.3, §3.4, createdIds: all that were passed, and all new ones; only if the request had some.
#[tokio::test]
async fn created_ids_are_told_if_the_request_gave_some() {
    let server = TestServer::start().await;
    let inbox = server.mailbox("inbox").await;
    let create = json!([
        ["Mailbox/set", {"accountId": "a1", "create": {"child": {"name": "Child", "parentId": "#given"}}}, "0"],
        ["Mailbox/set", {"accountId": "a1", "create": {"grandchild": {"name": "Grandchild", "parentId": "#child"}}}, "1"],
        ["Mailbox/get", {"accountId": "a1", "ids": ["#grandchild", "#given"], "properties": ["parentId"]}, "2"],
    ]);
    let given = json!({"given": inbox, "unused": "x1"});
    let request = json!({"using": [CORE, MAIL], "methodCalls": create, "createdIds": given});
    let response = answer(&server, &request).await;
    let id = |call: usize, name: &str| response["methodResponses"][call][1]["created"][name]["id"].clone();
    let (child, grandchild) = (id(0, "child"), id(1, "grandchild"));
    assert_eq!(
        response["createdIds"],
        json!({"given": inbox, "unused": "x1", "child": child, "grandchild": grandchild})
    );
    assert_eq!(
        response["methodResponses"][2][1]["list"],
        json!([{"id": grandchild, "parentId": child}, {"id": inbox, "parentId": null}])
    );

    let echo = json!({"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]]});
    assert_eq!(answer(&server, &echo).await.get("createdIds"), None);
    let empty = json!({"using": [CORE], "methodCalls": [], "createdIds": {}});
    assert_eq!(answer(&server, &empty).await["createdIds"], json!({}));
}

/// §5.3: a creation id that is used twice in a request stands for what it created last.
#[tokio::test]
async fn a_creation_id_used_again_stands_for_the_newer_object() {
    let server = TestServer::start().await;
    let request = json!({
        "using": [CORE, MAIL],
        "methodCalls": [
            ["Mailbox/set", {"accountId": "a1", "create": {"k": {"name": "First"}}}, "0"],
            ["Mailbox/set", {"accountId": "a1", "create": {"k": {"name": "Second"}}}, "1"],
            ["Mailbox/set", {"accountId": "a1", "create": {"k": {"name": "Second"}}}, "a failure changes nothing"],
            ["Mailbox/get", {"accountId": "a1", "ids": ["#k"], "properties": ["name"]}, "2"],
        ],
        "createdIds": {}
    });
    let response = answer(&server, &request).await;
    let second = &response["methodResponses"][1][1]["created"]["k"]["id"];
    assert_eq!(response["methodResponses"][2][1]["created"], Value::Null);
    assert_eq!(response["methodResponses"][3][1]["list"], json!([{"id": second, "name": "Second"}]));
    assert_eq!(&response["createdIds"]["k"], second);
}

/// §3.3: "a server MUST ignore any other properties it does not understand on the JMAP Request object".
#[tokio::test]
async fn members_of_a_request_that_nobody_knows_are_ignored() {
    let server = TestServer::start().await;
    let calls = json!([["Core/echo", {"a": 1}, "0"]]);
    let request = json!({"using": [CORE], "methodCalls": calls, "future": {"x": [1]}});
    assert_eq!(answer(&server, &request).await["methodResponses"], calls);
}

/// §3.4: the state of the session comes with each response, and follows it.
#[tokio::test]
async fn the_session_state_of_a_response_is_that_of_the_session() {
    let server = TestServer::start().await;
    let session = async || server.get("/jmap/session").send().await.unwrap().json::<Value>().await.unwrap();
    let empty = json!({"using": [CORE], "methodCalls": []});
    let before = answer(&server, &empty).await;
    assert_eq!(before, json!({"methodResponses": [], "sessionState": session().await["state"]}));
    // A second account makes another session.
    server.let_into_anns_account("bob@example.org").await;
    let granted = server.store.transaction("test/grant", async |transaction| {
        login::grant(transaction, "ann@example.org", AccountId(2), false, true).await
    });
    assert!(granted.await.unwrap());
    let after = answer(&server, &empty).await;
    assert_ne!(before["sessionState"], after["sessionState"]);
    assert_eq!(after["sessionState"], session().await["state"]);
}

/// §3.5: "the server MUST treat the method call the same as if the default value had been specified".
#[tokio::test]
async fn an_argument_left_out_is_its_default() {
    let server = TestServer::start().await;
    for (method, left_out, given) in [
        ("Mailbox/get", json!({}), json!({"ids": null, "properties": null})),
        ("Thread/get", json!({}), json!({"ids": null, "properties": null})),
        (
            "Email/query",
            json!({}),
            json!({
                "filter": null, "sort": null, "position": 0, "anchor": null, "anchorOffset": 0, "limit": null,
                "calculateTotal": false, "collapseThreads": false
            }),
        ),
        (
            "Mailbox/query",
            json!({}),
            json!({"filter": null, "sort": null, "sortAsTree": false, "filterAsTree": false}),
        ),
        ("Email/changes", json!({"sinceState": "0"}), json!({"sinceState": "0", "maxChanges": null})),
        (
            "Mailbox/set",
            json!({}),
            json!({"ifInState": null, "create": null, "update": null, "destroy": null, "onDestroyRemoveEmails": false}),
        ),
    ] {
        assert_eq!(server.one(method, left_out).await, server.one(method, given).await, "{method}");
    }
}

/// §3.8: the language is the best that the server has for Accept-Language, and Content-Language tells which it was.
#[tokio::test]
async fn texts_have_a_language_and_the_response_tells_which() {
    let server = TestServer::start().await;
    let request = json!({"using": [CORE], "methodCalls": []});
    for wanted in ["en", "en-GB;q=0.3, de;q=0", "tlh, *;q=0.1", "x".repeat(5000).as_str(), ";;q=2,,", ""] {
        let post = server.post("/jmap/api").header("accept-language", wanted).json(&request);
        let response = post.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-language"], "en");
    }
}
