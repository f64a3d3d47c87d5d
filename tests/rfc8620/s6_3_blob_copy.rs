//! RFC 8620 §6.3: Blob/copy.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::server::PASSWORD;

const BOB: &str = "bob@example.org";
const CAROL: &str = "carol@example.org";

/// Bob and carol have accounts of their own, a2 and a3, and may write in ann's, a1.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.let_into_anns_account(BOB).await;
    server.let_into_anns_account(CAROL).await;
    server
}

async fn one(server: &TestServer, login: &str, method: &str, arguments: Value) -> Value {
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let request = server.client.post(server.url("/jmap/api")).basic_auth(login, Some(PASSWORD));
    let request = request.json(&json!({"using": using, "methodCalls": [[method, arguments, "0"]]}));
    request.send().await.unwrap().json::<Value>().await.unwrap()["methodResponses"][0][1].clone()
}

async fn copy(server: &TestServer, login: &str, from: &str, to: &str, blob_ids: Value) -> Value {
    let arguments = json!({"fromAccountId": from, "accountId": to, "blobIds": blob_ids});
    one(server, login, "Blob/copy", arguments).await
}

async fn upload(server: &TestServer, login: &str, account: &str, data: &[u8]) -> String {
    let request = server.client.post(server.url(&format!("/jmap/upload/{account}/"))).body(data.to_vec());
    let told: Value = request.basic_auth(login, Some(PASSWORD)).send().await.unwrap().json().await.unwrap();
    told["blobId"].as_str().unwrap().to_owned()
}

/// What a login gets from a blob in an account.
async fn download(server: &TestServer, login: &str, account: &str, blob: &str) -> Option<Vec<u8>> {
    let request = server.client.get(server.url(&format!("/jmap/download/{account}/{blob}/x?type=a/b")));
    let response = request.basic_auth(login, Some(PASSWORD)).send().await.unwrap();
    match response.status() {
        StatusCode::OK => Some(response.bytes().await.unwrap().to_vec()),
        status => {
            assert_eq!(status, StatusCode::NOT_FOUND);
            None
        }
    }
}

#[tokio::test]
async fn an_upload_goes_to_another_account_for_its_uploader_alone() {
    let server = server().await;
    let blob = upload(&server, BOB, "a1", b"bytes").await;
    assert_eq!(download(&server, BOB, "a2", &blob).await, None);
    let copied = copy(&server, BOB, "a1", "a2", json!([blob, blob, "nonsense", "#k"])).await;
    insta::assert_json_snapshot!(copied);
    let copy_id = copied["copied"][&blob].as_str().unwrap();
    assert_eq!(download(&server, BOB, "a2", copy_id).await.as_deref(), Some(&b"bytes"[..]));
    // §6.1: unreferenced blobs are for their uploader only, in shared accounts too.
    let copied = copy(&server, CAROL, "a1", "a3", json!([blob])).await;
    assert_eq!(copied["copied"], Value::Null);
    assert_eq!(copied["notCopied"][&blob], json!({"type": "blobNotFound", "notFound": [blob]}));
    copy(&server, BOB, "a2", "a1", json!([blob])).await;
    assert_eq!(download(&server, CAROL, "a1", &blob).await, None);
}

#[tokio::test]
async fn the_message_of_an_email_goes_too_and_what_is_in_another_account_does_not() {
    let server = server().await;
    server.import(b"Subject: x\r\n\r\nx".to_vec(), "inbox", "2026-01-01T00:00:00Z").await;
    let message = one(&server, BOB, "Email/query", json!({"accountId": "a1"})).await["ids"][0].clone();
    let arguments = json!({"accountId": "a1", "ids": [message], "properties": ["blobId"]});
    let blob = one(&server, BOB, "Email/get", arguments).await["list"][0]["blobId"].clone();
    let blob = blob.as_str().unwrap();
    let copied = copy(&server, BOB, "a1", "a2", json!([blob])).await;
    assert_eq!(copied["copied"], json!({blob: blob}), "{copied}");
    assert_eq!(copied["notCopied"], Value::Null);
    assert_eq!(download(&server, BOB, "a2", blob).await.as_deref(), Some(&b"Subject: x\r\n\r\nx"[..]));
    // The blob is there, but not in carol's account.
    let copied = copy(&server, CAROL, "a3", "a1", json!([blob])).await;
    assert_eq!(copied["notCopied"][blob]["type"], "blobNotFound");
}

#[tokio::test]
async fn a_part_is_copied_without_the_message_around_it() {
    let server = server().await;
    let raw = b"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n";
    let email = server.import(raw.to_vec(), "inbox", "2026-01-01T00:00:00Z").await;
    let properties = json!(["blobId", "bodyStructure"]);
    let arguments = json!({"accountId": "a1", "ids": [email], "properties": properties});
    let email = one(&server, BOB, "Email/get", arguments).await["list"][0].clone();
    let (whole, part) = (&email["blobId"], email["bodyStructure"]["blobId"].as_str().unwrap());
    let beyond = format!("{}_999_9_i", part.split('_').next().unwrap());
    let copied = copy(&server, BOB, "a1", "a2", json!([part, beyond])).await;
    assert_eq!(copied["notCopied"], json!({&beyond: {"type": "blobNotFound", "notFound": [beyond]}}));
    let copy_id = copied["copied"][part].as_str().unwrap();
    assert_eq!(download(&server, BOB, "a2", copy_id).await.as_deref(), Some(&b"hi"[..]));
    assert_eq!(download(&server, BOB, "a2", whole.as_str().unwrap()).await, None);
    assert_eq!(download(&server, BOB, "a2", part).await, None);
}

#[tokio::test]
async fn accounts_are_checked_before_anything_is_copied() {
    let server = server().await;
    let kind =
        async |from: &str, to: &str, ids: Value| copy(&server, BOB, from, to, ids).await["type"].clone();
    assert_eq!(kind("a1", "a1", json!(["placeholder"])).await, "invalidArguments");
    assert_eq!(kind("a3", "a2", json!([])).await, "fromAccountNotFound");
    assert_eq!(kind("nonsense", "a2", json!([])).await, "fromAccountNotFound");
    assert_eq!(kind("a1", "a3", json!([])).await, "accountNotFound");
    assert_eq!(kind("a1", "a2", json!(null)).await, "invalidArguments");
    assert_eq!(kind("a1", "a2", json!(["no id"])).await, "invalidArguments");
    assert_eq!(kind("a1", "a2", json!(vec!["b"; 1001])).await, "requestTooLarge");
    let strange = json!({"fromAccountId": "a1", "accountId": "a2", "blobIds": [], "strange": 1});
    assert_eq!(one(&server, BOB, "Blob/copy", strange).await["type"], "invalidArguments");
    let empty = copy(&server, BOB, "a1", "a2", json!([])).await;
    assert_eq!((&empty["copied"], &empty["notCopied"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn nothing_is_copied_into_an_account_that_is_read_only() {
    let server = server().await;
    let granted = server.store.transaction("test/grant", async |transaction| {
        let account = signet::wire::ids::AccountId(3);
        signet::store::login::grant(transaction, BOB, account, false, true).await
    });
    assert!(granted.await.unwrap());
    let blob = upload(&server, BOB, "a2", b"bytes").await;
    assert_eq!(copy(&server, BOB, "a2", "a3", json!([blob])).await["type"], "accountReadOnly");
    // To copy from it is another matter.
    assert_eq!(copy(&server, BOB, "a3", "a2", json!([])).await["fromAccountId"], "a3");
}
