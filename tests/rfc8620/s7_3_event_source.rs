//! RFC 8620 §7.3, and StateChange objects (§7.1).

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use signet::clock::Clock;
use signet::http::password;
use signet::store::login;
use signet::wire::ids::AccountId;

use crate::support::TestServer;
use crate::support::event_stream::EventStream;
use crate::support::mail::header;
use crate::support::node::{NOON, at};
use crate::support::server::PASSWORD;

const ALL: &str = "/jmap/eventsource?types=*&closeafter=no&ping=0";

async fn open(server: &TestServer, path: &str) -> EventStream {
    EventStream::new(server.get(path).send().await.unwrap())
}

async fn make_mailbox(server: &TestServer, name: &str) {
    let made = server.one("Mailbox/set", json!({"create": {"k": {"name": name}}})).await;
    assert!(made["created"]["k"].is_object(), "{made}");
}

async fn state(server: &TestServer, data_type: &str) -> Value {
    server.one(&format!("{data_type}/get"), json!({"ids": []})).await["state"].clone()
}

fn message(number: usize) -> Vec<u8> {
    let header = header("Ann <ann@example.org>").replace("<1@", &format!("<{number}@"));
    format!("{header}Content-Type: text/plain\r\n\r\nNumber {number}.\r\n").into_bytes()
}

#[tokio::test]
async fn it_answers_at_once_in_a_form_that_proxies_pass_on() {
    let server = TestServer::start().await;
    let response = server.get(ALL).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("cache-control").as_deref(), Some("no-store, no-transform"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!((header("content-encoding"), header("content-length")), (None, None));
    let mut stream = EventStream::new(response);
    let first = stream.block().await.unwrap();
    assert!(first.starts_with(": welcome\nid: "), "{first}");
    stream.is_quiet_for(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn a_change_is_told_with_the_states_that_get_would_tell() {
    let server = TestServer::start().await;
    let mut stream = open(&server, ALL).await;
    make_mailbox(&server, "One").await;
    let changed = stream.changed().await;
    assert_eq!(changed, json!({"a1": {"Mailbox": state(&server, "Mailbox").await}}));

    server.import(message(1), "inbox", "2026-01-01T00:00:00Z").await;
    let changed = stream.changed().await;
    let told: Vec<&String> = changed["a1"].as_object().unwrap().keys().collect();
    assert_eq!(told, ["Mailbox", "Thread", "Email", "EmailDelivery"]);
    for data_type in ["Mailbox", "Thread", "Email"] {
        assert_eq!(changed["a1"][data_type], state(&server, data_type).await);
    }
    stream.is_quiet_for(Duration::from_millis(700)).await;
}

/// RFC 8621 §1.5.
#[tokio::test]
async fn email_delivery_moves_with_new_emails_and_with_nothing_else() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "/jmap/eventsource?types=EmailDelivery&closeafter=no&ping=0").await;
    let id = server.import(message(1), "inbox", "2026-01-01T00:00:00Z").await;
    let first = stream.changed().await;
    assert_eq!(first["a1"].as_object().unwrap().len(), 1);
    server.one("Email/set", json!({"update": {&id: {"keywords/$seen": true}}})).await;
    server.one("Email/set", json!({"destroy": [&id]})).await;
    stream.is_quiet_for(Duration::from_millis(900)).await;
    server.import(message(2), "inbox", "2026-01-01T00:00:00Z").await;
    assert_ne!(stream.changed().await, first);
}

#[tokio::test]
async fn types_that_are_not_asked_for_are_left_out() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "/jmap/eventsource?types=Thread,Todo&closeafter=no&ping=0").await;
    make_mailbox(&server, "One").await;
    stream.is_quiet_for(Duration::from_millis(700)).await;
    server.import(message(1), "inbox", "2026-01-01T00:00:00Z").await;
    let changed = stream.changed().await;
    assert_eq!(changed["a1"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Thread"]);
}

#[tokio::test]
async fn many_changes_at_once_are_told_together() {
    let server = TestServer::start().await;
    let mut stream = open(&server, ALL).await;
    // One request, and a transaction for each of its calls.
    let calls: Vec<Value> = (0..10)
        .map(|number| json!({"accountId": "a1", "create": {"k": {"name": format!("Number {number}")}}}))
        .map(|arguments| json!(["Mailbox/set", arguments, "0"]))
        .collect();
    server.calls(json!(calls)).await;
    let newest = json!({"a1": {"Mailbox": state(&server, "Mailbox").await}});
    let mut events = 1;
    while stream.changed().await != newest {
        events += 1;
    }
    assert!(events < 10, "{events} events");
}

#[tokio::test]
async fn closeafter_state_ends_the_response_after_one_state() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "/jmap/eventsource?types=*&closeafter=state&ping=0").await;
    make_mailbox(&server, "One").await;
    stream.changed().await;
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn pings_tell_their_interval_and_have_no_id() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "/jmap/eventsource?types=*&closeafter=no&ping=1").await;
    let event = stream.event().await.unwrap();
    assert_eq!((event.name.as_str(), event.id, event.data), ("ping", None, json!({"interval": 5})));
}

#[tokio::test]
async fn who_comes_back_hears_what_it_missed() {
    let server = TestServer::start().await;
    let mut stream = open(&server, ALL).await;
    stream.block().await.unwrap();
    make_mailbox(&server, "One").await;
    stream.changed().await;
    let id = stream.last_id.clone().unwrap();
    drop(stream);
    let come_back = async |id: &str| {
        let response = server.get(ALL).header("last-event-id", id).send().await.unwrap();
        EventStream::new(response)
    };
    come_back(&id).await.is_quiet_for(Duration::from_millis(300)).await;
    make_mailbox(&server, "Two").await;
    let missed = json!({"a1": {"Mailbox": state(&server, "Mailbox").await}});
    let mut again = come_back(&id).await;
    assert_eq!(again.changed().await, missed);
    assert_ne!(again.last_id.as_deref(), Some(id.as_str()));
    // An id that this server never gave out says nothing of what is known.
    let strange = server.get(ALL).header("last-event-id", "42").send().await.unwrap();
    EventStream::new(strange).is_quiet_for(Duration::from_millis(300)).await;
}

/// The id that comes before any event lets a client that lost the connection early come back without a gap.
#[tokio::test]
async fn who_comes_back_before_the_first_event_misses_nothing_either() {
    let server = TestServer::start().await;
    let mut stream = open(&server, ALL).await;
    let first = stream.block().await.unwrap();
    let id = first.split_once("id: ").unwrap().1.to_owned();
    drop(stream);
    make_mailbox(&server, "One").await;
    let response = server.get(ALL).header("last-event-id", id).send().await.unwrap();
    let missed = json!({"a1": {"Mailbox": state(&server, "Mailbox").await}});
    assert_eq!(EventStream::new(response).changed().await, missed);
}

#[tokio::test]
async fn all_accounts_of_the_user_are_told_of_and_no_others() {
    let server = TestServer::start_with(|config| config.push.recheck_seconds = 1).await;
    server.let_into_anns_account("bob@example.org").await;
    let request = server.client.get(server.url(ALL)).basic_auth("bob@example.org", Some(PASSWORD));
    let mut bobs = EventStream::new(request.send().await.unwrap());
    let mut anns = open(&server, ALL).await;
    make_mailbox(&server, "Ann's").await;
    assert_eq!(bobs.changed().await, anns.changed().await);
    let make = json!([["Mailbox/set", {"accountId": "a2", "create": {"k": {"name": "Bob's"}}}, "0"]]);
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let request = server.client.post(server.url("/jmap/api")).basic_auth("bob@example.org", Some(PASSWORD));
    request.json(&json!({"using": using, "methodCalls": make})).send().await.unwrap();
    assert_eq!(bobs.changed().await.as_object().unwrap().keys().collect::<Vec<_>>(), ["a2"]);

    let revoked = server.store.transaction("test/revoke", async |transaction| {
        login::revoke(transaction, "bob@example.org", AccountId(1)).await
    });
    assert!(revoked.await.unwrap());
    make_mailbox(&server, "Ann's alone").await;
    anns.changed().await;
    bobs.is_quiet_for(Duration::from_millis(1500)).await;
    // What is granted while the stream is open is heard of soon.
    let granted = server.store.transaction("test/grant", async |transaction| {
        login::grant(transaction, "bob@example.org", AccountId(1), false, true).await
    });
    assert!(granted.await.unwrap());
    tokio::time::sleep(Duration::from_secs(3)).await;
    make_mailbox(&server, "Both see this").await;
    assert!(bobs.changed().await["a1"]["Mailbox"].is_string());
}

#[tokio::test]
async fn a_changed_password_ends_the_stream() {
    let server = TestServer::start_with(|config| config.push.recheck_seconds = 1).await;
    let mut stream = open(&server, ALL).await;
    let hash = password::hash("new").unwrap();
    let changed = server.store.transaction("test/password", async |transaction| {
        login::set_password(transaction, "ann@example.org", &hash).await
    });
    assert!(changed.await.unwrap());
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn a_node_that_stops_ends_its_streams() {
    let mut server = TestServer::start().await;
    let mut stream = open(&server, ALL).await;
    server.stop();
    assert_eq!(stream.event().await, None);
    tokio::time::timeout(Duration::from_secs(10), server.ended()).await.unwrap();
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_no_more() {
    let server = TestServer::start_with(|config| config.push.max_streams = 2).await;
    let one = open(&server, ALL).await;
    let _other = open(&server, ALL).await;
    let status = async || server.get(ALL).send().await.unwrap().status();
    assert_eq!(status().await, StatusCode::TOO_MANY_REQUESTS);
    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("signet_streams{kind=\"eventsource\"} 2"), "{metrics}");
    drop(one);
    // The server notices when it next has something to say.
    let mut number = 0;
    let free = async {
        while status().await != StatusCode::OK {
            number += 1;
            make_mailbox(&server, &format!("Number {number}")).await;
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.unwrap();
}

#[tokio::test]
async fn variables_that_say_nothing_known_are_refused() {
    let server = TestServer::start().await;
    for query in ["closeafter=never", "ping=soon", "ping=-1", "types=*&types=Email"] {
        let response = server.get(&format!("/jmap/eventsource?{query}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let stranger = server.client.get(server.url(ALL)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_one_node_changes_streams_of_the_other_tell() {
    let [one, other] = TestServer::pair(&Clock::frozen(at(NOON))).await;
    let mut stream = open(&other, ALL).await;
    make_mailbox(&one, "One").await;
    assert_eq!(stream.changed().await, json!({"a1": {"Mailbox": state(&other, "Mailbox").await}}));
    // With the id of one node a client goes on at the other.
    let id = stream.last_id.clone().unwrap();
    make_mailbox(&other, "Two").await;
    let response = one.get(ALL).header("last-event-id", id).send().await.unwrap();
    let missed = json!({"a1": {"Mailbox": state(&one, "Mailbox").await}});
    assert_eq!(EventStream::new(response).changed().await, missed);
}
