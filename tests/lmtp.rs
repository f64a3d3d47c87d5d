//! The port for LMTP of a node at work, and swaks as another's client.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use signet::config::LmtpAddress;
use signet::provision;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::TestServer;
use crate::support::audit::audit;

const ANN: &str = "ann@example.org";

async fn server() -> (TestServer, SocketAddr) {
    server_with(64).await
}

async fn server_with(max_connections: usize) -> (TestServer, SocketAddr) {
    let server = TestServer::start_with(|config| {
        config.lmtp.listen = Some(LmtpAddress::try_from(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap());
        config.lmtp.max_connections = max_connections;
    })
    .await;
    let address = server.lmtp.unwrap();
    (server, address)
}

/// All that a server answers to a client that says this at once, QUIT at the end.
async fn said(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard
}

fn delivery(recipients: &[String], id: &str) -> String {
    let recipients: String = recipients.iter().map(|to| format!("RCPT TO:<{to}>\r\n")).collect();
    format!(
        "LHLO mx\r\nMAIL FROM:<x@example.net>\r\n{recipients}DATA\r\nFrom: x@example.net\r\nMessage-ID: <{id}@x>\r\n\
         Subject: {id}\r\n\r\nHello.\r\n.\r\nQUIT\r\n"
    )
}

/// RFC 2033, as a client speaks it that was not made for this server: with and without PIPELINING, to one recipient and
/// several.
#[tokio::test(flavor = "multi_thread")]
async fn swaks_delivers() {
    let (server, address) = server().await;
    let data = "From: x@example.net\\nSubject: From swaks\\n\\n.dot\\n..two\\nend\\n";
    for (options, subject) in [(&[][..], "one"), (&["--pipeline"], "two")] {
        let swaks = Command::new("swaks")
            .args(["--protocol", "LMTP", "--server", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--helo", "mx.example.net", "--from", "x@example.net"])
            .args(["--to", "ann@example.org,ann+tag@example.org"])
            .args(["--data", &data.replace("From swaks", subject)])
            .args(options)
            .output()
            .expect("swaks runs: scripts/setup installs it");
        let transcript = String::from_utf8_lossy(&swaks.stdout);
        assert!(swaks.status.success(), "{transcript}");
        assert_eq!(transcript.matches("250 2.0.0 stored").count(), 2, "{transcript}");
    }
    let swaks = Command::new("swaks")
        .args(["--protocol", "LMTP", "--server", "127.0.0.1", "--port", &address.port().to_string()])
        .args(["--from", "x@example.net", "--to", "nobody@example.org"])
        .output()
        .unwrap();
    assert!(!swaks.status.success());
    assert!(String::from_utf8_lossy(&swaks.stdout).contains("550 5.1.1 "));
    let calls = json!([["Email/query", {"accountId": "a1", "calculateTotal": true}, "0"]]);
    assert_eq!(server.calls(calls).await[0][1]["total"], 2);
    let rows = server.database.client().query("SELECT data FROM blob", &[]).await.unwrap();
    for row in rows {
        let raw = String::from_utf8_lossy(row.get(0)).into_owned();
        assert!(raw.contains("\r\n\r\n.dot\r\n..two\r\nend\r\n"), "{raw:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_clients_at_once_lose_nothing_and_the_same_message_is_stored_once() {
    let (server, address) = server().await;
    let to = [ANN.to_owned()];
    let own: Vec<String> = (0..10).map(|n| delivery(&to, &format!("m{n}"))).collect();
    for heard in join_all(own.iter().map(|text| said(address, text))).await {
        assert_eq!(heard.matches("250 2.0.0 stored as ").count(), 1, "{heard}");
    }
    let same = delivery(&to, "same");
    let heard = join_all((0..10).map(|_| said(address, &same))).await.concat();
    assert_eq!(heard.matches("250 2.0.0 stored as ").count(), 1, "{heard}");
    assert_eq!(heard.matches("250 2.0.0 stored before as ").count(), 9, "{heard}");
    let client = server.database.client();
    assert_eq!(client.query_one("SELECT count(*) FROM email", &[]).await.unwrap().get::<_, i64>(0), 11);
    audit(client).await;
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("signet_lmtp_recipients_total{outcome=\"stored\"} 11"), "{metrics}");
    assert!(metrics.contains("signet_lmtp_recipients_total{outcome=\"already_there\"} 9"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_many_is_stored_once_and_reaches_each() {
    let (server, address) = server().await;
    let recipients: Vec<String> = (0..150).map(|n| format!("user{n}@example.org")).collect();
    for name in &recipients {
        provision::create_account(&server.store, name, "hash").await.unwrap().unwrap();
    }
    let heard = said(address, &delivery(&recipients, "all")).await;
    assert_eq!(heard.matches("250 2.0.0 stored as ").count(), 150, "{heard}");
    let client = server.database.client();
    let count = async |sql: &str| client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count("SELECT count(*) FROM blob").await, 1);
    assert_eq!(count("SELECT count(DISTINCT account_id) FROM email").await, 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_have_a_bound_and_come_free_again() {
    let (_server, address) = server_with(1).await;
    let first = TcpStream::connect(address).await.unwrap();
    let mut first = BufReader::new(first);
    let mut line = String::new();
    first.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("220 "), "{line}");
    let mut second = TcpStream::connect(address).await.unwrap();
    let mut heard = String::new();
    second.read_to_string(&mut heard).await.unwrap();
    assert!(heard.starts_with("421 4.3.2 "), "{heard}");
    drop(first);
    for _ in 0..100 {
        let mut line = String::new();
        BufReader::new(TcpStream::connect(address).await.unwrap()).read_line(&mut line).await.unwrap();
        if line.starts_with("220 ") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the connection that ended still counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_tells_its_clients_and_ends() {
    let (mut server, address) = server().await;
    let mut client = BufReader::new(TcpStream::connect(address).await.unwrap());
    client.write_all(b"LHLO mx\r\nMAIL FROM:<>\r\n").await.unwrap();
    let mut line = String::new();
    while !line.contains("2.1.0") {
        line.clear();
        assert_ne!(client.read_line(&mut line).await.unwrap(), 0);
    }
    server.stop();
    server.ended().await;
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.starts_with("421 4.3.2 "), "{rest}");
    assert!(TcpStream::connect(address).await.is_err());
}
