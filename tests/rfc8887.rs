//! RFC 8887: JMAP over WebSocket.

use std::time::Duration;

use serde_json::{Value, json};
use signet::clock::Clock;
use signet::http::password;
use signet::store::login;

use crate::support::TestServer;
use crate::support::node::{NOON, at};
use crate::support::web_socket::{BINARY, CLOSE, PING, PONG, TEXT, WebSocket, authorization, handshake};

const CORE: &str = "urn:ietf:params:jmap:core";
const MAIL: &str = "urn:ietf:params:jmap:mail";

fn request(id: Option<&str>, calls: Value) -> Value {
    let mut request = json!({"@type": "Request", "using": [CORE, MAIL], "methodCalls": calls});
    if let Some(id) = id {
        request["id"] = json!(id);
    }
    request
}

async fn make_mailbox(server: &TestServer, name: &str) {
    server.one("Mailbox/set", json!({"create": {"k": {"name": name}}})).await;
}

async fn mailbox_state(server: &TestServer) -> Value {
    server.one("Mailbox/get", json!({"ids": []})).await["state"].clone()
}

/// A code for [`WebSocket::close_code`].
const AWAY: u16 = 1001;
const UNSUPPORTED: u16 = 1003;
const POLICY: u16 = 1008;
const TOO_BIG: u16 = 1009;

#[tokio::test]
async fn the_session_tells_where_and_that_push_is_supported() {
    let server = TestServer::start().await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    let url = format!("ws://{}/jmap/ws", server.address);
    assert_eq!(
        session["capabilities"]["urn:ietf:params:jmap:websocket"],
        json!({"url": url, "supportsPush": true})
    );
}

#[tokio::test]
async fn the_handshake_asks_for_a_user_and_for_the_subprotocol() {
    let server = TestServer::start_with(|config| config.push.max_streams = 1).await;
    let status = async |lines: &str| {
        let (_, answer) = handshake(&server, lines).await;
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let ann = authorization();
    assert_eq!(status("Sec-WebSocket-Protocol: jmap\r\n").await, "401");
    assert_eq!(status(&ann).await, "400");
    assert_eq!(status(&format!("{ann}Sec-WebSocket-Protocol: chat, xmpp\r\n")).await, "400");
    let foreign = format!("{ann}Sec-WebSocket-Protocol: jmap\r\nOrigin: https://evil.example\r\n");
    assert_eq!(status(&foreign).await, "403");
    let plain = server.get("/jmap/ws").header("sec-websocket-protocol", "jmap").send().await.unwrap();
    assert!(plain.status().is_client_error());
    assert_eq!(plain.headers()["content-type"], "application/problem+json");

    let own = format!("{ann}Sec-WebSocket-Protocol: chat, jmap\r\nOrigin: http://{}\r\n", server.address);
    let (_stream, answer) = handshake(&server, &own).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert_eq!(status(&own).await, "429", "a user has so many streams");
}

#[tokio::test]
async fn requests_are_answered_with_their_ids() {
    let server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    socket.send(request(Some("R1"), json!([["Core/echo", {"hello": true, "high": 5}, "b3ff"]]))).await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        socket.message().await,
        json!({
            "@type": "Response",
            "requestId": "R1",
            "methodResponses": [["Core/echo", {"hello": true, "high": 5}, "b3ff"]],
            "sessionState": session["state"],
        })
    );
    socket.send(request(None, json!([["Mailbox/query", {"accountId": "a1", "limit": 1}, "0"]]))).await;
    let answer = socket.message().await;
    assert_eq!(answer.get("requestId"), None);
    assert_eq!(answer["methodResponses"][0][0], "Mailbox/query");

    // Several at once, each with its answer.
    for id in ["a", "b", "c"] {
        socket.send(request(Some(id), json!([["Core/echo", {"id": id}, "0"]]))).await;
    }
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer = socket.message().await;
        assert_eq!(answer["methodResponses"][0][1]["id"], answer["requestId"]);
        ids.push(answer["requestId"].as_str().unwrap().to_owned());
    }
    ids.sort();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_message_may_come_in_pieces() {
    let server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    let text = request(Some("R1"), json!([["Core/echo", {"text": "ü"}, "0"]])).to_string();
    let (first, rest) = text.as_bytes().split_at(text.find('ü').unwrap() + 1);
    socket.send_frame(TEXT, first, false).await;
    socket.send_frame(PING, b"still there?", true).await;
    assert_eq!(socket.frame().await, (PONG, b"still there?".to_vec()));
    socket.send_frame(0, rest, true).await;
    assert_eq!(socket.message().await["methodResponses"][0][1]["text"], "ü");
}

#[tokio::test]
async fn what_is_refused_is_a_request_error_and_the_connection_goes_on() {
    let server = TestServer::start_with(|config| {
        config.limits.max_calls_in_request = 2;
    })
    .await;
    let mut socket = WebSocket::open(&server).await;
    socket.send_frame(TEXT, b"The quick brown fox jumps over the lazy dog.", true).await;
    let error = socket.message().await;
    assert_eq!((&error["@type"], &error["requestId"]), (&json!("RequestError"), &Value::Null));
    assert_eq!(error["type"], "urn:ietf:params:jmap:error:notJSON");
    assert_eq!(error["status"], 400);
    assert!(error["detail"].is_string());
    let mut refusal = async |message: Value| {
        socket.send(message).await;
        let error = socket.message().await;
        assert_eq!(error["@type"], "RequestError");
        let kind = error["type"].as_str().unwrap().trim_start_matches("urn:ietf:params:jmap:error:");
        (kind.to_owned(), error["requestId"].clone(), error["limit"].clone())
    };
    let told = |kind: &str, id: Value, limit: Value| (kind.to_owned(), id, limit);
    assert_eq!(
        refusal(json!({"@type": "Request", "id": "R1", "using": ["x:y"], "methodCalls": []})).await,
        told("unknownCapability", json!("R1"), Value::Null)
    );
    assert_eq!(
        refusal(json!({"@type": "Request", "id": "R2", "using": [CORE]})).await,
        told("notRequest", json!("R2"), Value::Null)
    );
    assert_eq!(
        refusal(json!({"using": [CORE], "methodCalls": []})).await,
        told("notRequest", Value::Null, Value::Null)
    );
    let three = json!([["Core/echo", {}, "0"], ["Core/echo", {}, "1"], ["Core/echo", {}, "2"]]);
    assert_eq!(
        refusal(request(Some("R3"), three)).await,
        told("limit", json!("R3"), json!("maxCallsInRequest"))
    );
    socket.send(request(Some("R4"), json!([]))).await;
    assert_eq!(socket.message().await["requestId"], "R4");
}

#[tokio::test]
async fn the_limits_of_requests_hold_here_too() {
    let server = TestServer::start_with(|config| {
        config.limits.max_concurrent_requests = 0;
        config.limits.max_size_request = 1000;
    })
    .await;
    let mut socket = WebSocket::open(&server).await;
    socket.send(request(Some("R1"), json!([]))).await;
    let error = socket.message().await;
    assert_eq!((&error["limit"], &error["status"]), (&json!("maxConcurrentRequests"), &json!(429)));
    socket.send(request(None, json!([["Core/echo", {"x": "x".repeat(1000)}, "0"]]))).await;
    assert_eq!(socket.message().await["limit"], "maxSizeRequest");
    assert_eq!(socket.close_code().await, TOO_BIG);

    let mut socket = WebSocket::open(&server).await;
    socket.send_frame(TEXT, &[b' '; 900], false).await;
    socket.send_frame(0, &[b' '; 900], true).await;
    assert_eq!(socket.message().await["limit"], "maxSizeRequest");
    assert_eq!(socket.close_code().await, TOO_BIG);
}

/// RFC 8887 §4.3.5.
#[tokio::test]
async fn changes_are_pushed_while_push_is_enabled() {
    let server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    make_mailbox(&server, "One").await;
    socket.is_quiet_for(Duration::from_millis(700)).await;

    socket.send(json!({"@type": "WebSocketPushEnable", "dataTypes": ["Mailbox", "Todo"]})).await;
    // Asking makes sure that the message before was heard.
    socket.send(request(Some("R1"), json!([]))).await;
    let mut answer = socket.message().await;
    // Whether or not what happened before is told, what happens now is.
    while answer["@type"] != "Response" {
        answer = socket.message().await;
    }
    make_mailbox(&server, "Two").await;
    let mut change = socket.message().await;
    let newest = json!({"a1": {"Mailbox": mailbox_state(&server).await}});
    while change["changed"] != newest {
        change = socket.message().await;
    }
    assert_eq!(change["@type"], "StateChange");
    let push_state = change["pushState"].as_str().unwrap().to_owned();

    socket.send(json!({"@type": "WebSocketPushDisable"})).await;
    socket.send(request(Some("R2"), json!([]))).await;
    assert_eq!(socket.message().await["requestId"], "R2");
    make_mailbox(&server, "Three").await;
    socket.is_quiet_for(Duration::from_millis(900)).await;

    // On a new connection the client goes on from what it knows.
    let mut socket = WebSocket::open(&server).await;
    let enable = json!({"@type": "WebSocketPushEnable", "dataTypes": null, "pushState": push_state});
    socket.send(enable).await;
    let missed = socket.message().await;
    assert_eq!(missed["changed"], json!({"a1": {"Mailbox": mailbox_state(&server).await}}));
    assert_ne!(missed["pushState"], push_state);
    let enable = json!({"@type": "WebSocketPushEnable", "dataTypes": null, "pushState": missed["pushState"]});
    socket.send(enable).await;
    socket.is_quiet_for(Duration::from_millis(700)).await;
}

#[tokio::test]
async fn what_one_node_changes_sockets_of_the_other_push() {
    let [one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let mut socket = WebSocket::open(&other).await;
    socket.send(json!({"@type": "WebSocketPushEnable", "dataTypes": null})).await;
    socket.send(request(Some("R1"), json!([]))).await;
    assert_eq!(socket.message().await["requestId"], "R1");
    make_mailbox(&one, "One").await;
    let change = socket.message().await;
    assert_eq!(change["changed"], json!({"a1": {"Mailbox": mailbox_state(&other).await}}));
}

#[tokio::test]
async fn binary_frames_and_strangers_to_the_protocol_are_cut_off() {
    let server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    socket.send_frame(BINARY, b"{}", true).await;
    assert_eq!(socket.close_code().await, UNSUPPORTED);

    let mut socket = WebSocket::open(&server).await;
    socket.send_frame(CLOSE, &1000_u16.to_be_bytes(), true).await;
    assert_eq!(socket.close_code().await, 1000);
}

#[tokio::test]
async fn a_changed_password_closes_the_connection() {
    let server = TestServer::start_with(|config| config.push.recheck_seconds = 1).await;
    let (mut idle, mut asking) = (WebSocket::open(&server).await, WebSocket::open(&server).await);
    let hash = password::hash("new").unwrap();
    let changed = server.store.transaction("test/password", async |transaction| {
        login::set_password(transaction, "ann@example.org", &hash).await
    });
    assert!(changed.await.unwrap());
    asking.send(request(Some("R1"), json!([["Mailbox/get", {"accountId": "a1"}, "0"]]))).await;
    assert_eq!(asking.close_code().await, POLICY);
    assert_eq!(idle.close_code().await, POLICY);
}

#[tokio::test]
async fn a_node_that_stops_says_so() {
    let mut server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    server.stop();
    assert_eq!(socket.close_code().await, AWAY);
    tokio::time::timeout(Duration::from_secs(15), server.ended()).await.unwrap();
}

/// A client whose request has no answer when the WebSocket closes knows that nothing was done.
#[tokio::test]
async fn what_is_under_way_is_answered_before_the_node_goes_away() {
    let mut server = TestServer::start().await;
    let mut socket = WebSocket::open(&server).await;
    let database = server.database.client();
    database.batch_execute("BEGIN; SELECT FROM account FOR UPDATE").await.unwrap();
    let set = json!({"accountId": "a1", "create": {"k": {"name": "Made in time"}}});
    socket.send(request(Some("r1"), json!([["Mailbox/set", set, "0"]]))).await;
    server.database.until_somebody_waits_for_a_lock().await;
    server.stop();
    socket.is_quiet_for(Duration::from_millis(300)).await;
    // It is not heard any more.
    socket.send(request(Some("r2"), json!([["Core/echo", {}, "0"]]))).await;
    server.database.client().batch_execute("COMMIT").await.unwrap();
    let answer = socket.message().await;
    assert_eq!(answer["requestId"], "r1");
    assert!(answer["methodResponses"][0][1]["created"]["k"]["id"].is_string(), "{answer}");
    assert_eq!(socket.close_code().await, AWAY);
    tokio::time::timeout(Duration::from_secs(30), server.ended()).await.unwrap();
}
