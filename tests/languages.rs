//! Texts come in the language that a client asks for (RFC 8620 §3.8), whichever way it comes.

use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::web_socket::{TEXT, WebSocket, authorization};

/// Signed, and without a second part.
const DAMAGED: &str = "From: anna@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b\r\n\r\n\
    --b\r\n\r\nHello\r\n--b--\r\n";

const GERMAN: &str = "Die signierte Nachricht besteht nicht aus genau zwei Teilen, dem Inhalt und seiner Signatur. \
    Sie wurde unterwegs beschädigt; bitten Sie die Absenderseite, sie erneut zu senden.";

/// A server with a damaged message, and the request for what is wrong with it.
async fn server() -> (TestServer, Value) {
    let server = TestServer::start().await;
    let email = server.import(DAMAGED.into(), "inbox", "2026-01-01T00:00:00Z").await;
    let get = json!({"accountId": "a1", "ids": [email], "properties": ["smimeStatus", "smimeErrors"]});
    let using =
        ["core", "mail", "smimeverify"].map(|capability| format!("urn:ietf:params:jmap:{capability}"));
    (server, json!({"using": using, "methodCalls": [["Email/get", get, "0"]]}))
}

/// The errors of the one email in a response.
fn errors(response: &Value) -> &Value {
    &response["methodResponses"][0][1]["list"][0]["smimeErrors"]
}

#[tokio::test]
async fn errors_come_in_the_language_of_the_request_and_the_response_says_which() {
    let (server, request) = server().await;
    let ask = async |fields: &[&str]| {
        let mut post = server.post("/jmap/api").json(&request);
        for field in fields {
            post = post.header("accept-language", *field);
        }
        let response = post.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("vary"), "Accept-Language");
        let language = header("content-language");
        (language, errors(&response.json::<Value>().await.unwrap()).clone())
    };
    let (language, german) = ask(&["de"]).await;
    assert_eq!((language.as_str(), german), ("de", json!([GERMAN])));
    for (fields, tag, part) in [
        (&["de-CH, en;q=0.5"][..], "de", "besteht nicht aus genau zwei Teilen"),
        (&["en;q=0.5", "fr-CA"], "fr", "exactement deux parties"),
        (&["sv, zh-CN;q=0.9, en;q=0.8"], "zh-Hans", "并非恰好由两部分"),
        (&["ar"], "ar", "لا تتألف من جزأين"),
        (&["tlh"], "en", "exactly two parts"),
        (&[], "en", "exactly two parts"),
    ] {
        let (language, errors) = ask(fields).await;
        assert_eq!(language, tag, "{fields:?}");
        assert!(errors[0].as_str().unwrap().contains(part), "{fields:?}: {errors}");
    }
}

/// Codes are stored, not texts: who asks in another language finds nothing changed.
#[tokio::test]
async fn another_language_is_no_change() {
    let (server, request) = server().await;
    let ask = async |language: &str, request: &Value| {
        let post = server.post("/jmap/api").header("accept-language", language).json(request);
        post.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let english = ask("en", &request).await;
    let italian = ask("it", &request).await;
    assert_ne!(errors(&english), errors(&italian));
    let state = |response: &Value| response["methodResponses"][0][1]["state"].clone();
    assert_eq!(state(&english), state(&italian));
    let mut changes = request.clone();
    changes["methodCalls"] =
        json!([["Email/changes", {"accountId": "a1", "sinceState": state(&english)}, "0"]]);
    let changes = ask("pl", &changes).await;
    assert_eq!(changes["methodResponses"][0][1]["updated"], json!([]));
    assert_eq!(changes["methodResponses"][0][1]["newState"], state(&english));
}

/// Messages of a WebSocket have no header fields: those of the handshake (RFC 8887 §4.1) speak for all of them.
#[tokio::test]
async fn a_web_socket_speaks_the_language_of_its_handshake() {
    let (server, mut request) = server().await;
    request["@type"] = json!("Request");
    let lines = format!("{}Accept-Language: ja, en;q=0.5\r\n", authorization());
    let mut socket = WebSocket::open_with(&server, &lines).await;
    socket.send_frame(TEXT, request.to_string().as_bytes(), true).await;
    let response = socket.message().await;
    assert!(
        errors(&response)[0].as_str().unwrap().contains("送信者に再送を依頼してください。"),
        "{response}"
    );
}
