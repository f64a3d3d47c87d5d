//! Beyond its limits a node says so, with 503 and Retry-After, and lives on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::server::PASSWORD;
use crate::support::web_socket::{self, WebSocket};

/// A POST as ann with so much of its body as there is.
fn post(server: &TestServer, path: &str, headers: &str, body: &str) -> TcpStream {
    let credentials = STANDARD.encode(format!("ann@example.org:{PASSWORD}"));
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n{headers}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

/// Waits until a metric has a value.
async fn metric_is(server: &TestServer, line: &str) {
    let started = Instant::now();
    loop {
        let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
        if metrics.lines().any(|it| it == line) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "never {line}:\n{metrics}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// It is a problem like others, and says when to come back.
async fn is_refused(response: Response, what: &str) {
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let problem: Value = response.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["type"]), (&json!(503), &json!("about:blank")));
    assert!(problem["detail"].as_str().unwrap().contains(what), "{problem}");
}

/// Whoever watches the node gets answers, whatever else goes on.
async fn is_alive(server: &TestServer) {
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(server.client.get(server.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
}

async fn session(server: &TestServer) -> Response {
    server.get("/jmap/session").send().await.unwrap()
}

#[tokio::test]
async fn a_node_processes_so_many_requests_and_no_more() {
    let server = TestServer::start_with(|config| config.node.max_requests = 1).await;
    let mut socket = WebSocket::open(&server).await;
    let mut slow = post(&server, "/jmap/api", "Content-Type: application/json\r\nContent-Length: 2", "{");
    metric_is(&server, "signet_http_in_use{what=\"requests\"} 1").await;
    is_refused(session(&server).await, "requests").await;
    // By WebSocket there is no other way in.
    let echo = json!({"@type": "Request", "id": "r", "using": ["urn:ietf:params:jmap:core"],
        "methodCalls": [["Core/echo", {}, "0"]]});
    socket.send(echo.clone()).await;
    let refused = socket.message().await;
    assert_eq!(
        (&refused["@type"], &refused["requestId"], &refused["status"]),
        (&json!("RequestError"), &json!("r"), &json!(503))
    );
    is_alive(&server).await;
    metric_is(&server, "signet_http_refused_total{what=\"requests\"} 2").await;

    slow.write_all(b"}").unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 400"));
    metric_is(&server, "signet_http_in_use{what=\"requests\"} 0").await;
    assert_eq!(session(&server).await.status(), 200);
    socket.send(echo).await;
    assert_eq!(socket.message().await["@type"], "Response");
}

#[tokio::test]
async fn a_connection_too_many_is_answered_and_ends() {
    let server = TestServer::start_with(|config| config.node.max_connections = 1).await;
    let mut first = TcpStream::connect(server.address).unwrap();
    let healthy = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    first.write_all(healthy.as_bytes()).unwrap();
    let answered = answer(&mut first);
    assert!(answered.starts_with("HTTP/1.1 200") && !answered.contains("connection: close"), "{answered}");
    let second = session(&server).await;
    assert_eq!(second.headers()["connection"], "close");
    is_refused(second, "connections").await;
    is_alive(&server).await;

    drop(first);
    let started = Instant::now();
    while session(&server).await.status() != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "the connection is not given back");
    }
}

#[tokio::test]
async fn a_node_has_so_many_streams_and_no_more() {
    let server = TestServer::start_with(|config| {
        config.node.max_streams = 1;
        // That a client has gone is noticed when something is sent to it.
        config.push.recheck_seconds = 1;
    })
    .await;
    let path = "/jmap/eventsource?types=*&closeafter=no&ping=0";
    let first = server.get(path).send().await.unwrap();
    assert_eq!((first.status().as_u16(), &first.headers()["connection"]), (200, &"close".parse().unwrap()));
    is_refused(server.get(path).send().await.unwrap(), "streams").await;
    let lines = format!("{}Sec-WebSocket-Protocol: jmap\r\n", web_socket::authorization());
    let (_, answered) = web_socket::handshake(&server, &lines).await;
    assert!(answered.starts_with("HTTP/1.1 503"), "{answered}");
    is_alive(&server).await;
    assert_eq!(session(&server).await.status(), 200);

    drop(first);
    metric_is(&server, "signet_http_in_use{what=\"streams\"} 0").await;
    assert_eq!(server.get(path).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_node_holds_so_many_octets_of_bodies_and_no_more() {
    let server = TestServer::start_with(|config| {
        config.limits.max_size_upload = 1000;
        config.node.max_octets_in_memory = 1;
    })
    .await;
    let upload = |octets: usize| server.post("/jmap/upload/a1/").body("x".repeat(octets)).send();
    // It has as much as one upload takes, whatever is configured.
    assert_eq!(upload(1000).await.unwrap().status(), 201);
    // What is announced takes nothing, what has come does.
    let mut slow = post(&server, "/jmap/upload/a1/", "Content-Length: 900", "");
    metric_is(&server, "signet_http_in_use{what=\"requests\"} 1").await;
    assert_eq!(upload(1000).await.unwrap().status(), 201);
    slow.write_all("x".repeat(700).as_bytes()).unwrap();
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 700").await;
    is_refused(upload(301).await.unwrap(), "octets").await;
    let chunked = format!("12d\r\n{}\r\n0\r\n\r\n", "x".repeat(301));
    let mut chunked = post(&server, "/jmap/upload/a1/", "Transfer-Encoding: chunked", &chunked);
    assert!(answer(&mut chunked).starts_with("HTTP/1.1 503"));
    assert_eq!(upload(300).await.unwrap().status(), 201);
    // The bodies of API requests are taken from the same.
    let echo = json!({"using": [], "methodCalls": [], "x": "x".repeat(300)});
    is_refused(server.post("/jmap/api").json(&echo).send().await.unwrap(), "octets").await;
    is_alive(&server).await;

    slow.write_all("x".repeat(200).as_bytes()).unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 201"));
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 0").await;
    assert_eq!(upload(301).await.unwrap().status(), 201);
}

/// A download holds two pieces at most, however large the blob is and however slowly it is read.
#[tokio::test]
async fn downloads_take_their_pieces_of_the_same_octets() {
    let server = TestServer::start_with(|config| {
        config.limits.max_size_upload = 6 << 20;
        config.node.max_octets_in_memory = 1;
    })
    .await;
    let data: Vec<u8> = (0..5_u32 << 20).map(|at| (at / 7 % 251) as u8).collect();
    let large = server.upload(data.clone()).await;
    let small = server.upload(b"small".to_vec()).await;
    let download = |blob: &str| server.get(&format!("/jmap/download/a1/{blob}/name")).send();
    assert_eq!(download(&large).await.unwrap().bytes().await.unwrap(), data);
    let range = server.get(&format!("/jmap/download/a1/{large}/name"));
    let range = range.header("range", "bytes=2097000-4194400").send().await.unwrap();
    assert_eq!(range.bytes().await.unwrap(), data[2_097_000..=4_194_400]);
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 0").await;

    let mut slow = post(&server, "/jmap/upload/a1/", "Content-Length: 3000001", &"x".repeat(3_000_000));
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 3000000").await;
    is_refused(download(&large).await.unwrap(), "octets").await;
    assert_eq!(download(&small).await.unwrap().bytes().await.unwrap(), b"small".as_slice());
    is_alive(&server).await;

    slow.write_all(b"x").unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 201"));
    assert_eq!(download(&large).await.unwrap().bytes().await.unwrap(), data);
}

/// A part that is encoded is held as it stands and decoded; of its message no more is read.
#[tokio::test]
async fn a_part_takes_its_own_octets_and_not_those_of_its_message() {
    let server = TestServer::start_with(|config| {
        config.limits.max_size_upload = 200_000;
        config.node.max_octets_in_memory = 1;
    })
    .await;
    let filler = "x".repeat(190_000);
    let mail = format!(
        "Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{filler}\r\n--b\r\n\
         Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--\r\n"
    );
    let id = server.import(mail.into_bytes(), "inbox", "2026-03-01T08:00:00Z").await;
    let got = server.one("Email/get", json!({"ids": [id], "properties": ["bodyStructure"]})).await;
    let part = |index: usize| {
        let blob = got["list"][0]["bodyStructure"]["subParts"][index]["blobId"].as_str().unwrap();
        server.get(&format!("/jmap/download/a1/{blob}/name"))
    };
    let mut slow = post(&server, "/jmap/upload/a1/", "Content-Length: 150001", &"x".repeat(150_000));
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 150000").await;
    assert_eq!(part(1).send().await.unwrap().bytes().await.unwrap(), b"hello".as_slice());
    is_refused(part(0).send().await.unwrap(), "octets").await;
    slow.write_all(b"x").unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 201"));
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 0").await;
    // Twice the part is more than there is at all, and all is enough.
    assert_eq!(part(0).send().await.unwrap().bytes().await.unwrap(), filler.as_bytes());
}

#[tokio::test]
async fn what_comes_over_a_web_socket_takes_of_them_while_it_comes() {
    let server = TestServer::start_with(|config| {
        config.limits.max_size_upload = 1000;
        config.node.max_octets_in_memory = 1;
    })
    .await;
    let mut socket = WebSocket::open(&server).await;
    socket.send_frame(web_socket::TEXT, &b" ".repeat(600), false).await;
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 608").await;
    is_refused(server.post("/jmap/upload/a1/").body("x".repeat(400)).send().await.unwrap(), "octets").await;
    // One that the node has no room for is to come again later.
    let mut other = WebSocket::open(&server).await;
    other.send_frame(web_socket::TEXT, &b" ".repeat(500), false).await;
    assert_eq!(other.close_code().await, 1013);
    is_alive(&server).await;

    socket.send_frame(0, b"{}", true).await;
    assert_eq!(socket.message().await["@type"], "RequestError");
    metric_is(&server, "signet_http_in_use{what=\"octets\"} 0").await;
    assert_eq!(server.post("/jmap/upload/a1/").body("x".repeat(400)).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn who_waits_too_long_for_a_connection_to_the_database_is_told_to_come_back() {
    let server = TestServer::start_with(|config| {
        config.database.connections = 1;
        config.database.wait_seconds = 1;
    })
    .await;
    let database = server.database.client();
    database.batch_execute("BEGIN; SELECT FROM account FOR UPDATE").await.unwrap();
    let set = async || server.one("Mailbox/set", json!({"create": {"k": {"name": "New"}}})).await;
    let meanwhile = async {
        server.database.until_somebody_waits_for_a_lock().await;
        let refused = session(&server).await;
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
        assert_eq!(server.client.get(server.url("/healthz")).send().await.unwrap().status(), 200);
        database.batch_execute("COMMIT").await.unwrap();
    };
    let (made, ()) = tokio::join!(set(), meanwhile);
    assert!(made["created"]["k"]["id"].is_string(), "{made}");
    assert_eq!(session(&server).await.status(), 200);
    is_alive(&server).await;
}
