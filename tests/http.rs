//! The HTTP door: authentication, session, API, upload, download, limits, and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use serde_json::{Value, json};
use signet::http::password;
use signet::provision;
use signet::store::{account, login};
use tokio_postgres::NoTls;

use crate::support::TestServer;
use crate::support::server::PASSWORD;

const CORE: &str = "urn:ietf:params:jmap:core";
const MAIL: &str = "urn:ietf:params:jmap:mail";

/// The problem details object of an error, without its text.
async fn problem(response: Response) -> (u16, String, Option<String>) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status);
    let kind = problem["type"].as_str().unwrap().trim_start_matches("urn:ietf:params:jmap:error:").to_owned();
    (status, kind, problem["limit"].as_str().map(str::to_owned))
}

fn plain(status: u16) -> (u16, String, Option<String>) {
    (status, "about:blank".to_owned(), None)
}

#[tokio::test]
async fn the_session_is_for_users_only_and_tells_absolute_urls() {
    let server = TestServer::start().await;
    let response = server.client.get(server.url("/.well-known/jmap")).send().await.unwrap();
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
    assert_eq!(problem(response).await, plain(401));

    let response = server.get("/.well-known/jmap").send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-cache, no-store, must-revalidate");
    let session: Value = response.json().await.unwrap();
    assert_eq!(session["apiUrl"], server.url("/jmap/api"));
    assert_eq!(session["primaryAccounts"]["urn:ietf:params:jmap:mail"], "a1");
    let capabilities = &session["accounts"]["a1"]["accountCapabilities"];
    assert_eq!(capabilities["urn:ietf:params:jmap:smimeverify"], json!({}));
    assert_eq!(capabilities[CORE], json!({}), "clients look for it, though there is nothing to say");
    assert!(capabilities[MAIL]["maxSizeMailboxName"].is_u64());
    assert_eq!(session["primaryAccounts"].get(CORE), None, "RFC 8620 §2");
    for (url, variables) in [
        ("downloadUrl", ["{accountId}", "{blobId}", "{name}", "{type}"].as_slice()),
        ("uploadUrl", &["{accountId}"]),
        ("eventSourceUrl", &["{types}", "{closeafter}", "{ping}"]),
    ] {
        let url = session[url].as_str().unwrap();
        assert!(variables.iter().all(|variable| url.contains(variable)), "{url}");
    }

    let forwarded = server
        .get("/jmap/session")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "mail.example.org")
        .send()
        .await
        .unwrap();
    let forwarded: Value = forwarded.json().await.unwrap();
    assert_eq!(forwarded["apiUrl"], "https://mail.example.org/jmap/api");
    assert_ne!(forwarded["state"], session["state"]);
}

#[tokio::test]
async fn a_configured_address_stands_in_all_urls() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("https://jmap.example.org/".to_owned().try_into().unwrap());
    })
    .await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    for url in ["apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"] {
        assert!(session[url].as_str().unwrap().starts_with("https://jmap.example.org/jmap/"), "{url}");
    }
}

#[tokio::test]
async fn passwords_count_at_once_and_unknown_names_look_like_wrong_passwords() {
    let server = TestServer::start().await;
    let status = async |name: &str, password: &str| {
        let request = server.client.get(server.url("/jmap/session")).basic_auth(name, Some(password));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("Ann@Example.org", PASSWORD).await, 200);
    assert_eq!(status("ann@example.org", PASSWORD).await, 200);
    assert_eq!(status("ann@example.org", "wrong").await, 401);
    assert_eq!(status("nobody@example.org", PASSWORD).await, 401);
    let hash = password::hash("new").unwrap();
    let changed = server.store.transaction("test", async |transaction| {
        login::set_password(transaction, "ann@example.org", &hash).await
    });
    assert!(changed.await.unwrap());
    assert_eq!(status("ann@example.org", PASSWORD).await, 401, "a remembered success ends with its password");
    assert_eq!(status("ann@example.org", "new").await, 200);
}

#[tokio::test]
async fn a_login_reaches_the_accounts_that_it_was_granted() {
    let server = TestServer::start().await;
    let hash = password::hash(PASSWORD).unwrap();
    provision::create_account(&server.store, "bob@example.org", &hash).await.unwrap().unwrap();
    let session = async || server.get("/jmap/session").send().await.unwrap().json::<Value>().await.unwrap();
    let get = json!([["Mailbox/get", {"accountId": "a2", "ids": []}, "0"]]);
    assert_eq!(server.calls(get.clone()).await[0][1]["type"], "accountNotFound");
    let before = session().await;
    let granted = server.store.transaction("test", async |transaction| {
        let bobs = account::by_name(transaction, "bob@example.org").await?.unwrap();
        login::grant(transaction, "ann@example.org", bobs, false, true).await
    });
    assert!(granted.await.unwrap());
    let after = session().await;
    assert_ne!(before["state"], after["state"]);
    assert_eq!(after["accounts"]["a2"]["isReadOnly"], true);
    assert_eq!(after["primaryAccounts"], before["primaryAccounts"]);
    assert_eq!(server.calls(get).await[0][0], "Mailbox/get");
    let set = server.calls(json!([["Mailbox/set", {"accountId": "a2"}, "0"]])).await;
    assert_eq!(set[0][1]["type"], "accountReadOnly");
    let upload = server.post("/jmap/upload/a2/").body("x").send().await.unwrap();
    assert_eq!(problem(upload).await, plain(403));
}

#[tokio::test]
async fn an_api_request_is_answered_in_json_with_the_state_of_the_session() {
    let server = TestServer::start().await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    let response = server
        .post("/jmap/api")
        .header("accept-language", "fr-CH, en;q=0.7")
        .json(&json!({"using": [CORE], "methodCalls": [["Core/echo", {"hello": true}, "c1"]]}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["content-language"], "fr");
    assert_eq!(response.headers()["vary"], "Accept-Language");
    let response: Value = response.json().await.unwrap();
    assert_eq!(response["methodResponses"], json!([["Core/echo", {"hello": true}, "c1"]]));
    assert_eq!(response["sessionState"], session["state"]);
}

#[tokio::test]
async fn requests_that_are_none_are_refused_with_their_problem() {
    let server = TestServer::start_with(|config| {
        config.limits.max_size_request = 2000;
        config.limits.max_calls_in_request = 2;
    })
    .await;
    let post = async |content_type: &str, body: String| {
        let request = server.post("/jmap/api").header("content-type", content_type).body(body);
        problem(request.send().await.unwrap()).await
    };
    let limit = |status, name: &str| (status, "limit".to_owned(), Some(name.to_owned()));
    let kind = |kind: &str| (400, kind.to_owned(), None);
    let empty = json!({"using": [CORE], "methodCalls": []}).to_string();
    assert_eq!(post("text/plain", empty).await, kind("notJSON"));
    assert_eq!(post("application/json", "{".to_owned()).await, kind("notJSON"));
    assert_eq!(post("application/json; charset=utf-8", "[]".to_owned()).await, kind("notRequest"));
    assert_eq!(post("Application/JSON;profile=\"x\"", "[]".to_owned()).await, kind("notRequest"));
    let unknown = json!({"using": ["urn:x"], "methodCalls": []}).to_string();
    assert_eq!(post("application/json", unknown).await, kind("unknownCapability"));
    assert_eq!(post("application/json", " ".repeat(2001)).await, limit(413, "maxSizeRequest"));
    let three = json!({"using": [CORE], "methodCalls": vec![json!(["Core/echo", {}, "0"]); 3]}).to_string();
    assert_eq!(post("application/json", three).await, limit(400, "maxCallsInRequest"));
    // Without a length the limit holds as well.
    let head = "Content-Type: application/json\r\nTransfer-Encoding: chunked";
    let mut stream = open(&server, "/jmap/api", head);
    for _ in 0..3 {
        stream.write_all(format!("3e8\r\n{}\r\n", " ".repeat(1000)).as_bytes()).unwrap();
    }
    assert!(answer(&mut stream).starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn uploads_come_back_as_the_type_and_name_that_the_client_wants() {
    let server = TestServer::start().await;
    let data: Vec<u8> = (0..=255).collect();
    let upload = server.post("/jmap/upload/a1/").header("content-type", "image/png").body(data.clone());
    let upload = upload.send().await.unwrap();
    assert_eq!(upload.status(), 201);
    let upload: Value = upload.json().await.unwrap();
    let blob = upload["blobId"].as_str().unwrap();
    let members: Vec<_> = upload.as_object().unwrap().keys().collect();
    assert_eq!(members, ["accountId", "blobId", "type", "size"]);
    assert_eq!((&upload["type"], &upload["size"]), (&json!("image/png"), &json!(256)));

    let path = format!("/jmap/download/a1/{blob}/Ma%C3%9F%2F1.txt?type=text%2Fplain%3B%20charset%3Dutf-8");
    let response = server.get(&path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"Ma_/1.txt\"; filename*=UTF-8''Ma%C3%9F%2F1.txt"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "private, immutable, max-age=31536000");
    let etag = header("etag").to_owned();
    assert_eq!(response.bytes().await.unwrap(), data);

    let cached = server.get(&path).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(cached.status(), 304);
    let part = server.get(&path).header("range", "bytes=250-").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), &part.headers()["content-range"]),
        (206, &"bytes 250-255/256".parse().unwrap())
    );
    assert_eq!(part.bytes().await.unwrap(), data[250..]);
    let outside = server.get(&path).header("range", "bytes=256-").send().await.unwrap();
    assert_eq!(outside.status(), 416);
}

#[tokio::test]
async fn what_can_be_read_answers_head_without_a_body() {
    let server = TestServer::start().await;
    let upload = server.post("/jmap/upload/a1/").body("0123456789").send().await.unwrap();
    let blob: Value = upload.json().await.unwrap();
    let download = format!("/jmap/download/a1/{}/n?type=text/plain", blob["blobId"].as_str().unwrap());
    for path in [download.as_str(), "/jmap/session", "/healthz"] {
        let get = server.get(path).send().await.unwrap();
        let (status, media_type) = (get.status(), get.headers()["content-type"].clone());
        let url = get.url().clone();
        let head =
            server.client.head(url).basic_auth("ann@example.org", Some(PASSWORD)).send().await.unwrap();
        assert_eq!((head.status(), &head.headers()["content-type"]), (status, &media_type), "{path}");
        assert_eq!(head.headers()["content-length"], get.bytes().await.unwrap().len().to_string(), "{path}");
        assert_eq!(head.bytes().await.unwrap(), b"".as_slice(), "{path}");
    }
}

#[tokio::test]
async fn blobs_of_others_and_blobs_that_are_not_there_look_the_same() {
    let server = TestServer::start_with(|config| config.limits.max_size_upload = 10).await;
    let hash = password::hash(PASSWORD).unwrap();
    provision::create_account(&server.store, "bob@example.org", &hash).await.unwrap().unwrap();
    let upload: Value = server.post("/jmap/upload/a1/").body("x").send().await.unwrap().json().await.unwrap();
    assert_eq!(upload["type"], "application/octet-stream");
    let blob = upload["blobId"].as_str().unwrap();
    let unknown = format!("b{}", "0".repeat(64));
    let mine = server.client.get(server.url(&format!("/jmap/download/a2/{blob}/x")));
    let by_bob = mine.basic_auth("bob@example.org", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(problem(by_bob).await, plain(404));
    for path in [
        format!("/jmap/download/a2/{blob}/x"),
        format!("/jmap/download/a1/{unknown}/x"),
        "/jmap/download/a1/nonsense/x".to_owned(),
        format!("/jmap/download/a1/p{}_0_5_b/x", &blob[1..]),
    ] {
        assert_eq!(problem(server.get(&path).send().await.unwrap()).await, plain(404), "{path}");
    }
    let unknown_account = server.post("/jmap/upload/a9/").body("x").send().await.unwrap();
    assert_eq!(problem(unknown_account).await, plain(404));
    let large = server.post("/jmap/upload/a1/").body("12345678901").send().await.unwrap();
    assert_eq!(problem(large).await, (413, "limit".to_owned(), Some("maxSizeUpload".to_owned())));
}

/// RFC 8620 §6.1: "only accessible to the uploading user", until an object refers to it.
#[tokio::test]
async fn an_upload_is_for_its_uploader_until_an_email_holds_it() {
    let server = TestServer::start().await;
    server.let_into_anns_account("bob@example.org").await;
    let blob = server.upload(b"From: ann@example.org\r\n\r\nHello\r\n".to_vec()).await;
    let as_bob =
        |request: reqwest::RequestBuilder| request.basic_auth("bob@example.org", Some(PASSWORD)).send();
    let path = format!("/jmap/download/a1/{blob}/x");
    let download = async |login: &str| {
        let request = server.client.get(server.url(&path)).basic_auth(login, Some(PASSWORD));
        request.send().await.unwrap().status().as_u16()
    };
    let mailbox = server.mailbox("inbox").await;
    let arguments =
        json!({"accountId": "a1", "emails": {"k": {"blobId": blob, "mailboxIds": {mailbox: true}}}});
    let import = json!({"using": [CORE, MAIL], "methodCalls": [["Email/import", arguments, "0"]]});
    let import_as_bob = async || {
        let response = as_bob(server.client.post(server.url("/jmap/api")).json(&import)).await.unwrap();
        response.json::<Value>().await.unwrap()["methodResponses"][0][1].clone()
    };

    assert_eq!((download("ann@example.org").await, download("bob@example.org").await), (200, 404));
    assert_eq!(import_as_bob().await["notCreated"]["k"]["type"], "invalidProperties");

    let imported = server.calls(import["methodCalls"].clone()).await;
    assert_eq!(imported[0][1]["created"]["k"]["blobId"], blob);
    assert_eq!((download("ann@example.org").await, download("bob@example.org").await), (200, 200));
    assert_eq!(import_as_bob().await["notCreated"]["k"]["type"], "alreadyExists");
}

#[tokio::test]
async fn what_the_framework_cannot_read_is_a_problem_that_browsers_may_see() {
    let server = TestServer::start().await;
    let blob = format!("b{}", "0".repeat(64));
    let path = format!("/jmap/download/a1/{blob}/x?type=a%2Fb&type=c%2Fd");
    let response = server.get(&path).send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(problem(response).await, plain(400));
}

#[tokio::test]
async fn a_user_has_so_many_uploads_under_way_and_no_more() {
    let server = TestServer::start_with(|config| config.limits.max_concurrent_upload = 1).await;
    let mut slow = slow_upload(&server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = server.post("/jmap/upload/a1/").body("x").send().await.unwrap();
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(problem(second).await, (429, "limit".to_owned(), Some("maxConcurrentUpload".to_owned())));
    assert!(finish(&mut slow).starts_with("HTTP/1.1 201"));
    assert_eq!(server.post("/jmap/upload/a1/").body("x").send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn browsers_may_ask_and_wrong_paths_and_methods_are_problems_too() {
    let server = TestServer::start().await;
    let preflight = server
        .client
        .request(reqwest::Method::OPTIONS, server.url("/jmap/api"))
        .header("origin", "https://webmail.example.org")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    let allowed = preflight.headers()["access-control-allow-headers"].to_str().unwrap();
    for header in ["Authorization", "Content-Type", "Accept-Language", "Last-Event-ID", "Range"] {
        assert!(allowed.split(", ").any(|it| it == header), "{allowed}");
    }
    let exposed = preflight.headers()["access-control-expose-headers"].to_str().unwrap();
    for header in ["Content-Disposition", "Content-Language", "Content-Range", "ETag", "Retry-After"] {
        assert!(exposed.split(", ").any(|it| it == header), "{exposed}");
    }
    let refused = server.client.get(server.url("/jmap/session")).send().await.unwrap();
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    let wrong = server.get("/jmap/api").send().await.unwrap();
    assert_eq!(wrong.headers()["allow"], "POST");
    assert_eq!(problem(wrong).await, plain(405));
    assert_eq!(problem(server.get("/nothing").send().await.unwrap()).await, plain(404));
}

#[tokio::test]
async fn a_node_tells_how_it_is() {
    let server = TestServer::start().await;
    server.calls(json!([["Core/echo", {}, "0"], ["Mailbox/get", {}, "1"], ["No/such", {}, "2"]])).await;
    let open = async |path: &str| server.client.get(server.url(path)).send().await.unwrap();
    assert_eq!(open("/healthz").await.status(), 200);
    assert_eq!(open("/readyz").await.status(), 200);
    let metrics = open("/metrics").await.text().await.unwrap();
    for line in [
        "signet_http_requests_total{route=\"/jmap/api\",status=\"200\"} 1",
        "signet_jmap_calls_total{method=\"Core/echo\",outcome=\"ok\"} 1",
        "signet_jmap_calls_total{method=\"Mailbox/get\",outcome=\"invalidArguments\"} 1",
        "signet_jmap_calls_total{method=\"(unknown)\",outcome=\"unknownMethod\"} 1",
        "# HELP signet_database_waiting ",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    server.database.client().batch_execute("DELETE FROM refinery_schema_history").await.unwrap();
    assert_eq!(problem(open("/readyz").await).await, plain(503));
}

#[tokio::test]
async fn a_node_that_stops_finishes_what_is_under_way_and_takes_nothing_new() {
    let mut server = TestServer::start().await;
    let mut slow = slow_upload(&server);
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(TcpStream::connect_timeout(&server.address, Duration::from_secs(1)).is_err());
    assert!(finish(&mut slow).starts_with("HTTP/1.1 201"));
    tokio::time::timeout(Duration::from_secs(20), server.ended()).await.unwrap();
}

/// An upload of five octets of which two have come so far.
fn slow_upload(server: &TestServer) -> TcpStream {
    let mut stream = open(server, "/jmap/upload/a1/", "Content-Length: 5");
    stream.write_all(b"ab").unwrap();
    stream
}

fn finish(upload: &mut TcpStream) -> String {
    upload.write_all(b"cde").unwrap();
    answer(upload)
}

/// A POST as ann whose body is still to come.
fn open(server: &TestServer, path: &str, headers: &str) -> TcpStream {
    let credentials = STANDARD.encode(format!("ann@example.org:{PASSWORD}"));
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n{headers}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

/// A client that comes back some seconds later finds its connection open, and does not race with its end.
#[tokio::test]
async fn a_connection_stays_open_between_requests() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let answer = answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        tokio::time::sleep(Duration::from_secs(7)).await;
    }
}

/// RFC 8620 §3.3 and §3.6.1: what is not used is not there, and what nobody knows is refused.
#[tokio::test]
async fn without_capabilities_there_are_no_methods() {
    let server = TestServer::start().await;
    let kinds = async |using: Value| {
        let calls = json!([["Core/echo", {}, "0"], ["Mailbox/get", {"accountId": "a1", "ids": []}, "1"]]);
        let request = server.post("/jmap/api").json(&json!({"using": using, "methodCalls": calls}));
        let response: Value = request.send().await.unwrap().json().await.unwrap();
        let responses = &response["methodResponses"];
        [0, 1].map(|index| responses[index][1]["type"].clone())
    };
    let unknown = json!("unknownMethod");
    assert_eq!(kinds(json!([])).await, [unknown.clone(), unknown.clone()]);
    assert_eq!(kinds(json!([CORE])).await, [Value::Null, unknown.clone()]);
    assert_eq!(kinds(json!([MAIL])).await, [unknown, Value::Null]);
}

#[tokio::test]
async fn a_user_has_so_many_requests_under_way_and_no_more() {
    let server = TestServer::start_with(|config| config.limits.max_concurrent_requests = 1).await;
    let mut slow = open(&server, "/jmap/api", "Content-Type: application/json\r\nContent-Length: 5");
    slow.write_all(b"{").unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second =
        server.post("/jmap/api").json(&json!({"using": [], "methodCalls": []})).send().await.unwrap();
    assert_eq!(second.headers()["retry-after"], "1");
    assert_eq!(problem(second).await, (429, "limit".to_owned(), Some("maxConcurrentRequests".to_owned())));
    slow.write_all(b"    ").unwrap();
    assert!(answer(&mut slow).starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn what_a_browser_shows_of_a_download_runs_nothing_and_a_range_goes_on_from_the_same_bytes() {
    let server = TestServer::start().await;
    let blob = server.upload(b"<script>alert(1)</script>".to_vec()).await;
    let path = format!("/jmap/download/a1/{blob}/page.html?type=text/html");
    let whole = server.get(&path).send().await.unwrap();
    assert_eq!(whole.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(whole.headers()["content-disposition"], "attachment; filename=\"page.html\"");
    let etag = whole.headers()["etag"].clone();
    let part = async |if_range: &str| {
        let request = server.get(&path).header("range", "bytes=0-7").header("if-range", if_range);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(part(etag.to_str().unwrap()).await, 206);
    assert_eq!(part("\"other\"").await, 200);
}

/// A balancer that takes a busy node out makes the others busier.
#[tokio::test]
async fn a_node_whose_connections_are_all_in_use_is_ready() {
    let server = TestServer::start_with(|config| {
        config.database.connections = 1;
        config.database.wait_seconds = 30;
    })
    .await;
    let (client, connection) = tokio_postgres::connect(&server.database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("BEGIN; SELECT FROM account FOR UPDATE").await.unwrap();
    let upload = server.one("Mailbox/set", json!({"create": {"k": {"name": "Busy"}}}));
    let ready = async {
        server.database.until_somebody_waits_for_a_lock().await;
        let asked = tokio::time::timeout(Duration::from_secs(5), server.get("/readyz").send());
        assert_eq!(asked.await.expect("an answer at once").unwrap().status(), 200);
        client.batch_execute("ROLLBACK").await.unwrap();
    };
    let (set, ()) = tokio::join!(upload, ready);
    assert!(set["created"]["k"]["id"].is_string(), "{set}");
}
