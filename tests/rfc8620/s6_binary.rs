//! RFC 8620 §6.1 and §6.2: upload and download.

use chrono::TimeDelta;
use serde_json::{Value, json};
use signet::clock::Clock;

use crate::support::node::at;
use crate::support::{TestServer, letter};

/// Uploads as ann to her account.
async fn upload(server: &TestServer, content_type: Option<&str>, data: &[u8]) -> Value {
    let mut request = server.post("/jmap/upload/a1/").body(data.to_vec());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

#[tokio::test]
async fn an_upload_tells_account_blob_type_and_size() {
    let server = TestServer::start().await;
    let told = upload(&server, Some("text/plain; charset=utf-8"), "Grüße".as_bytes()).await;
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["accountId", "blobId", "type", "size"]);
    assert_eq!((&told["accountId"], &told["size"]), (&json!("a1"), &json!(7)));
    assert_eq!(told["type"], "text/plain; charset=utf-8");
    // The bytes decide about the id, not the name that they go by.
    let again = upload(&server, None, "Grüße".as_bytes()).await;
    assert_eq!((&again["blobId"], &again["type"]), (&told["blobId"], &json!("application/octet-stream")));
    let empty = upload(&server, None, b"").await;
    assert_eq!(empty["size"], 0);
    let blob = empty["blobId"].as_str().unwrap();
    let download = server.get(&format!("/jmap/download/a1/{blob}/empty?type=a/b")).send().await.unwrap();
    assert_eq!((download.status().as_u16(), download.bytes().await.unwrap().len()), (200, 0));
}

/// The template of the Session object, with all four variables filled in, leads to the bytes; the type and the name are
/// those that the client wants.
#[tokio::test]
async fn the_template_of_the_session_leads_to_the_bytes() {
    let server = TestServer::start().await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    let template = session["downloadUrl"].as_str().unwrap();
    for variable in ["{accountId}", "{blobId}", "{name}", "{type}"] {
        assert!(template.contains(variable), "{template}");
    }
    let data: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let blob = upload(&server, Some("text/html"), &data).await["blobId"].as_str().unwrap().to_owned();
    for (kind, name, content_type) in [
        ("image%2Fpng", "a.png", "image/png"),
        ("text%2Fhtml", "x%20%22y%22.html", "text/html"),
        ("application%2Foctet-stream", "%E2%82%AC", "application/octet-stream"),
    ] {
        let url = template
            .replace("{accountId}", "a1")
            .replace("{blobId}", &blob)
            .replace("{name}", name)
            .replace("{type}", kind);
        let path = url.strip_prefix(&server.url("")).unwrap();
        let response = server.get(path).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((response.status().as_u16(), header("content-type")), (200, content_type.to_owned()));
        assert!(header("content-disposition").starts_with("attachment"));
        assert!(header("cache-control").contains("immutable"));
        assert_eq!(response.bytes().await.unwrap(), data);
    }
}

/// A type that is no media type, or would break a header field apart, is never passed on.
#[tokio::test]
async fn a_type_that_is_none_is_not_passed_on() {
    let server = TestServer::start().await;
    let blob = upload(&server, None, b"<script>").await["blobId"].as_str().unwrap().to_owned();
    for kind in ["nonsense", "a%2Fb%0D%0ASet-Cookie:x", "%00", "text%2Fhtml%0A", ""] {
        let response = server.get(&format!("/jmap/download/a1/{blob}/x?type={kind}")).send().await.unwrap();
        assert!(response.headers().get("set-cookie").is_none());
        match response.status().as_u16() {
            200 => assert_eq!(response.headers()["content-type"], "application/octet-stream", "{kind}"),
            status => assert_eq!(status, 400, "{kind}"),
        }
    }
}

/// RFC 8621 §4.1.4: the blob of a part is its content, decoded; that of a message is the message, octet for octet.
#[tokio::test]
async fn a_message_and_its_parts_are_blobs() {
    let server = TestServer::start().await;
    let raw = letter("1")
        .field("MIME-Version", "1.0")
        .field("Content-Type", "multipart/mixed; boundary=x")
        .body("--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n--x\r\nContent-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nAAEC\r\nAwQ=\r\n--x--")
        .bytes();
    let email = server.import(raw.clone(), "inbox", "2026-03-01T08:00:00Z").await;
    let properties = json!(["blobId", "textBody", "attachments"]);
    let got =
        server.one("Email/get", json!({"ids": [email], "properties": properties})).await["list"][0].clone();
    let (text, image) = (&got["textBody"][0], &got["attachments"][0]);
    assert_eq!((&text["size"], &image["size"]), (&json!(5), &json!(5)));
    for (blob, expected) in [
        (&got["blobId"], raw.as_slice()),
        (&text["blobId"], b"Gr\xfc\xdfe"),
        (&image["blobId"], &[0, 1, 2, 3, 4]),
    ] {
        let path = format!("/jmap/download/a1/{}/x?type=a/b", blob.as_str().unwrap());
        assert_eq!(server.get(&path).send().await.unwrap().bytes().await.unwrap(), expected);
    }
}

/// A server where a login may have so many uploads of 64 KiB in an account that no email holds.
async fn with_room_for(clock: &Clock, uploads: u64) -> TestServer {
    TestServer::start_at(clock, |config| config.limits.max_unused_uploads = uploads << 16).await
}

async fn is_there(server: &TestServer, blob: &str) -> bool {
    let path = format!("/jmap/download/a1/{blob}/x?type=a/b");
    server.get(&path).send().await.unwrap().status() == 200
}

async fn are_there(server: &TestServer, blobs: &[String]) -> Vec<bool> {
    let mut there = Vec::new();
    for blob in blobs {
        there.push(is_there(server, blob).await);
    }
    there
}

/// §6: "When an upload would take the user over quota, the server MUST delete unreferenced blobs in date order, oldest
/// first, until there is room for the new blob."
#[tokio::test]
async fn the_oldest_uploads_give_way_to_new_ones() {
    let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
    let server = with_room_for(&clock, 3).await;
    let mut blobs = Vec::new();
    for data in ["one", "two", "three"] {
        blobs.push(server.upload(data.into()).await);
        clock.set(clock.now() + TimeDelta::minutes(1));
    }
    assert_eq!(are_there(&server, &blobs).await, [true; 3]);
    // To upload something again makes it the newest.
    server.upload("one".into()).await;
    clock.set(clock.now() + TimeDelta::minutes(1));
    blobs.push(server.upload("four".into()).await);
    assert_eq!(are_there(&server, &blobs).await, [true, false, true, true]);
    // One that is larger than all of the room has it for itself.
    clock.set(clock.now() + TimeDelta::minutes(1));
    blobs.push(server.upload(vec![b'x'; 300_000]).await);
    assert_eq!(are_there(&server, &blobs).await, [false, false, false, false, true]);
}

/// §6: "this quota SHOULD be separate per user"; and what an email holds is referenced.
#[tokio::test]
async fn what_emails_hold_and_others_upload_does_not_count() {
    let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
    let server = with_room_for(&clock, 1).await;
    server.let_into_anns_account("bob@example.org").await;
    let mine = server.upload("mine".into()).await;
    let request = server.client.post(server.url("/jmap/upload/a1/")).body("theirs");
    let sent = request.basic_auth("bob@example.org", Some(crate::support::server::PASSWORD)).send();
    assert_eq!(sent.await.unwrap().status(), 201);
    assert!(is_there(&server, &mine).await);
    let email = server.import(b"Subject: x\r\n\r\nx".to_vec(), "inbox", "2026-01-01T00:00:00Z").await;
    let get = json!({"ids": [email], "properties": ["blobId"]});
    let held = server.one("Email/get", get).await["list"][0]["blobId"].as_str().unwrap().to_owned();
    for data in ["one", "two"] {
        clock.set(clock.now() + TimeDelta::hours(2));
        server.upload(data.into()).await;
        assert!(is_there(&server, &held).await);
    }
}

/// §6: however they come about.
#[tokio::test]
async fn uploads_by_methods_count_too() {
    let clock = Clock::frozen(at("2026-01-01T00:00:00Z"));
    let server = with_room_for(&clock, 1).await;
    let first = server.upload("first".into()).await;
    clock.set(clock.now() + TimeDelta::minutes(1));
    let create = json!({"accountId": "a1", "create": {"k": {"data": [{"data:asText": "second"}]}}});
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:blob"];
    let request = json!({"using": using, "methodCalls": [["Blob/upload", create, "0"]]});
    let response = server.post("/jmap/api").json(&request).send().await.unwrap();
    let made = response.json::<Value>().await.unwrap()["methodResponses"][0][1]["created"]["k"].clone();
    assert!(is_there(&server, made["id"].as_str().unwrap()).await);
    assert!(!is_there(&server, &first).await);
}
