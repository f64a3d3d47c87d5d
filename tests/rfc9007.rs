//! MDN/parse and MDN/send (RFC 9007).

use std::time::Duration;

use serde_json::{Value, json};
use signet::store::account;
use signet::wire::ids::AccountId;

use crate::support::TestServer;
use crate::support::audit::audit;
use crate::support::server::PASSWORD;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

/// Bob's message, which asks for a notification.
const QUESTION: &str = "From: Bob <bob@example.org>\r\nTo: team@example.org\r\nSubject: Plans\r\nMessage-ID: <plans@example.org>\r\n\
    Disposition-Notification-To: Bob <bob@example.org>\r\nOriginal-Recipient: rfc822;team@example.org\r\n\r\nWell?\r\n";

/// Ann, whose account is a1, and bob, whose account is a2.
struct Two {
    server: TestServer,
    identity: String,
    email: String,
}

impl Two {
    async fn new() -> Self {
        let server = TestServer::start().await;
        server.let_into_anns_account(BOB).await;
        let email = server.import(QUESTION.into(), "inbox", "2026-01-01T00:00:00Z").await;
        let two = Self { server, identity: String::new(), email };
        let identities = two.one(ANN, "Identity/get", json!({"accountId": "a1"})).await;
        let identity =
            identities["list"].as_array().unwrap().iter().find(|identity| identity["email"] == ANN);
        Self { identity: identity.unwrap()["id"].as_str().unwrap().to_owned(), ..two }
    }

    async fn calls(&self, login: &str, calls: Value) -> Value {
        let using = ["core", "mail", "submission", "mdn"].map(|name| format!("urn:ietf:params:jmap:{name}"));
        let request = self.server.client.post(self.server.url("/jmap/api")).basic_auth(login, Some(PASSWORD));
        let response = request.json(&json!({"using": using, "methodCalls": calls})).send().await.unwrap();
        response.json::<Value>().await.unwrap()["methodResponses"].clone()
    }

    async fn one(&self, login: &str, method: &str, arguments: Value) -> Value {
        self.calls(login, json!([[method, arguments, "0"]])).await[0][1].clone()
    }

    /// The responses to ann's sending of an MDN of these properties beside the necessary ones.
    async fn send(&self, more: Value) -> Value {
        self.calls(ANN, json!([["MDN/send", self.sending(more), "0"]])).await
    }

    fn sending(&self, more: Value) -> Value {
        let mut mdn = json!({
            "forEmailId": self.email,
            "disposition": {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"},
        });
        mdn.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({
            "accountId": "a1",
            "identityId": self.identity,
            "send": {"k": mdn},
            "onSuccessUpdateEmail": {"#k": {"keywords/$mdnsent": true, "keywords/$seen": true}},
        })
    }

    /// Why an MDN is not sent.
    async fn refused(&self, more: Value) -> Value {
        let responses = self.send(more).await;
        assert_eq!(responses.as_array().unwrap().len(), 1, "no implicit call: {responses}");
        assert_eq!(responses[0][1]["sent"], Value::Null, "{responses}");
        responses[0][1]["notSent"]["k"].clone()
    }

    /// What comes into bob's inbox.
    async fn arrived(&self) -> Value {
        for _ in 0..200 {
            let query = json!({"accountId": "a2"});
            let ids = json!({"resultOf": "0", "name": "Email/query", "path": "/ids"});
            let get = json!({"accountId": "a2", "#ids": ids, "properties": ["blobId", "subject", "from", "to", "header:Return-Path", "header:Disposition-Notification-To"]});
            let responses =
                self.calls(BOB, json!([["Email/query", query, "0"], ["Email/get", get, "1"]])).await;
            if let Some(email) = responses[1][1]["list"].get(0) {
                return email.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came");
    }
}

#[tokio::test]
async fn the_session_says_so() {
    let two = Two::new().await;
    let session: Value = two.server.get("/.well-known/jmap").send().await.unwrap().json().await.unwrap();
    let uri = "urn:ietf:params:jmap:mdn";
    assert_eq!(session["capabilities"][uri], json!({}));
    assert_eq!(session["accounts"]["a1"]["accountCapabilities"][uri], json!({}));
    let using = json!(["urn:ietf:params:jmap:core", uri]);
    let calls = json!([["MDN/send", two.sending(json!({})), "0"], ["MDN/parse", {"accountId": "a1", "blobIds": []}, "1"]]);
    let request = two.server.post("/jmap/api").json(&json!({"using": using, "methodCalls": calls}));
    let response: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(response["methodResponses"][0][1]["type"], "unknownMethod", "mail is needed too");
    assert_eq!(response["methodResponses"][1][0], "MDN/parse");
}

#[tokio::test]
async fn a_notification_is_sent_once_and_can_be_parsed_where_it_arrives() {
    let two = Two::new().await;
    let responses = two.send(json!({"subject": "Read: Plans", "reportingUA": "example; 1.0"})).await;
    let mut sent = responses[0][1]["sent"]["k"].clone();
    assert_eq!(responses[0][1]["notSent"], Value::Null, "{responses}");
    assert!(sent["textBody"].as_str().unwrap().contains("displayed"));
    sent.as_object_mut().unwrap().remove("textBody");
    assert_eq!(
        sent,
        json!({
            "includeOriginalMessage": false,
            "mdnGateway": null,
            "originalRecipient": "rfc822;team@example.org",
            "finalRecipient": "rfc822; ann@example.org",
            "originalMessageId": "<plans@example.org>",
            "error": null,
            "extensionFields": null,
        })
    );
    assert_eq!((&responses[1][0], &responses[1][2]), (&json!("Email/set"), &json!("0")));
    assert_eq!(responses[1][1]["updated"], json!({&two.email: null}));
    let got = two
        .one(ANN, "Email/get", json!({"accountId": "a1", "ids": [two.email], "properties": ["keywords"]}))
        .await;
    assert_eq!(got["list"][0]["keywords"], json!({"$mdnsent": true, "$seen": true}));

    let again = two.refused(json!({})).await;
    assert_eq!(again, json!({"type": "mdnAlreadySent", "description": "the Email has the keyword $mdnsent"}));

    let email = two.arrived().await;
    assert_eq!(email["subject"], "Read: Plans");
    assert_eq!(email["from"], json!([{"name": null, "email": ANN}]));
    assert_eq!(email["to"], json!([{"name": "Bob", "email": BOB}]));
    assert_eq!(email["header:Disposition-Notification-To"], Value::Null);
    let blob = email["blobId"].as_str().unwrap();
    let parsed = two.one(BOB, "MDN/parse", json!({"accountId": "a2", "blobIds": [blob]})).await;
    let mut mdn = parsed["parsed"][blob].clone();
    mdn.as_object_mut().unwrap().remove("textBody");
    assert_eq!(
        mdn,
        json!({
            "forEmailId": null,
            "subject": "Read: Plans",
            "includeOriginalMessage": false,
            "reportingUA": "example; 1.0",
            "disposition": {"actionMode": "manual-action", "sendingMode": "mdn-sent-manually", "type": "displayed"},
            "mdnGateway": null,
            "originalRecipient": "rfc822;team@example.org",
            "finalRecipient": "rfc822; ann@example.org",
            "originalMessageId": "<plans@example.org>",
            "error": null,
            "extensionFields": null,
        })
    );
    audit(two.server.database.client()).await;
}

#[tokio::test]
async fn two_at_once_send_one() {
    let two = Two::new().await;
    let mut arguments = two.sending(json!({}));
    arguments["send"]["l"] = arguments["send"]["k"].clone();
    arguments["onSuccessUpdateEmail"]["#l"] = json!({"keywords": {"$mdnsent": true}});
    let calls = json!([["MDN/send", arguments, "0"]]);
    let (one, other) = tokio::join!(two.calls(ANN, calls.clone()), two.calls(ANN, calls));
    let sent = [&one, &other].iter().filter(|responses| responses[0][1]["sent"].is_object()).count();
    assert_eq!(sent, 1, "{one} {other}");
    for responses in [&one, &other] {
        assert_eq!(responses[0][1]["notSent"]["l"]["type"], "mdnAlreadySent");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let two = Two::new().await;
    let without = QUESTION
        .replace("Disposition-Notification-To: Bob <bob@example.org>\r\n", "")
        .replace("<plans", "<other");
    let without = two.server.import(without.into_bytes(), "inbox", "2026-01-01T00:00:00Z").await;
    let elsewhere =
        QUESTION.replace("-To: Bob <bob@example.org>", "-To: far@example.com").replace("<plans", "<far");
    let elsewhere = two.server.import(elsewhere.into_bytes(), "inbox", "2026-01-01T00:00:00Z").await;
    for (more, kind) in [
        (json!({"forEmailId": "e999"}), "notFound"),
        (json!({"forEmailId": without}), "notFound"),
        (json!({"forEmailId": elsewhere}), "forbidden"),
        (json!({"finalRecipient": "rfc822; bob@example.org"}), "forbiddenFrom"),
        (json!({"finalRecipient": "nonsense"}), "invalidProperties"),
        (json!({"disposition": null}), "invalidProperties"),
        (json!({"originalMessageId": "<x@y>"}), "invalidProperties"),
        (json!({"reportingUA": "a\r\nFinal-Recipient: rfc822; eve@example.net"}), "invalidProperties"),
    ] {
        assert_eq!(two.refused(more.clone()).await["type"], kind, "{more}");
    }
    let error = async |name: &str, value: Value| {
        let mut arguments = two.sending(json!({}));
        arguments[name] = value;
        two.one(ANN, "MDN/send", arguments).await["type"].clone()
    };
    assert_eq!(error("identityId", json!("i999")).await, "invalidArguments");
    assert_eq!(error("accountId", json!("a9")).await, "invalidArguments");
    assert_eq!(error("onSuccessUpdateEmail", json!(null)).await, "invalidArguments");
    assert_eq!(
        error("onSuccessUpdateEmail", json!({"#k": {"keywords/$seen": true}})).await,
        "invalidArguments"
    );
    assert_eq!(
        error("onSuccessUpdateEmail", json!({"#k": {"keywords/$MDNSent": true}})).await,
        "invalidArguments"
    );
    assert_eq!(error("send", json!(null)).await, "invalidArguments");
    let stopped = two.server.store.transaction("test/sending", async |transaction| {
        account::set_may_send(transaction, AccountId(1), false).await
    });
    stopped.await.unwrap();
    assert_eq!(two.refused(json!({})).await["type"], "forbidden");
    let got = two
        .one(ANN, "Email/get", json!({"accountId": "a1", "ids": [two.email], "properties": ["keywords"]}))
        .await;
    assert_eq!(got["list"][0]["keywords"], json!({}), "nothing was sent, nothing is marked");
}

#[tokio::test]
async fn notifications_are_parsed_and_find_their_email() {
    let two = Two::new().await;
    let mdn = |id: &str| {
        format!(
            "Subject: =?utf-8?Q?Gelesen=3A_Pl=C3=A4ne?=\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n\
             --b\r\n\r\nIt was deleted.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n\
             Final-Recipient: rfc822; ann@example.org\r\n{id}Disposition: automatic-action/MDN-sent-automatically; Deleted/error\r\n\
             Error: disk full\r\nX-More: yes\r\n\r\n--b--\r\n"
        )
    };
    let upload = async |text: String| two.server.upload(text.into_bytes()).await;
    let about = upload(mdn("Original-Message-ID: <plans@example.org>\r\n")).await;
    let unknown = upload(mdn("Original-Message-ID: <unknown@example.org>\r\n")).await;
    let silent = upload(mdn("")).await;
    let junk = upload("Subject: x\r\n\r\nx".to_owned()).await;
    let empty = upload(String::new()).await;
    let ids = json!([about, unknown, silent, junk, empty, "nonexistent-blob-xyz", about]);
    let parsed = two.one(ANN, "MDN/parse", json!({"accountId": "a1", "blobIds": ids})).await;
    let names: Vec<&String> = parsed.as_object().unwrap().keys().collect();
    assert_eq!(names, ["accountId", "parsed", "notParsable", "notFound"]);
    assert_eq!(
        parsed["parsed"][&about],
        json!({
            "forEmailId": two.email,
            "subject": "Gelesen: Pläne",
            "textBody": "It was deleted.",
            "includeOriginalMessage": false,
            "reportingUA": null,
            "disposition": {"actionMode": "automatic-action", "sendingMode": "mdn-sent-automatically", "type": "deleted"},
            "mdnGateway": null,
            "originalRecipient": null,
            "finalRecipient": "rfc822; ann@example.org",
            "originalMessageId": "<plans@example.org>",
            "error": ["disk full"],
            "extensionFields": {"X-More": "yes"},
        })
    );
    assert_eq!(parsed["parsed"][&unknown]["forEmailId"], Value::Null);
    assert_eq!(parsed["parsed"][&silent]["originalMessageId"], Value::Null);
    assert_eq!(
        (&parsed["notParsable"], &parsed["notFound"]),
        (&json!([junk, empty]), &json!(["nonexistent-blob-xyz"]))
    );
    // Two emails of one message id: which one is meant cannot be told.
    two.server
        .import(QUESTION.replace("Well?", "Well??").into_bytes(), "inbox", "2026-01-01T00:00:00Z")
        .await;
    let parsed = two.one(ANN, "MDN/parse", json!({"accountId": "a1", "blobIds": [about]})).await;
    assert_eq!(parsed["parsed"][&about]["forEmailId"], Value::Null);
    assert_eq!((&parsed["notParsable"], &parsed["notFound"]), (&Value::Null, &Value::Null));
    let error = async |arguments: Value| two.one(ANN, "MDN/parse", arguments).await["type"].clone();
    assert_eq!(error(json!({"accountId": "a9", "blobIds": []})).await, "invalidArguments");
    assert_eq!(error(json!({"accountId": "a1"})).await, "invalidArguments");
    let many: Vec<String> = (0..1001).map(|number| format!("b{number}")).collect();
    assert_eq!(error(json!({"accountId": "a1", "blobIds": many})).await, "requestTooLarge");
    // Nor are many parts of one large blob read without end.
    let large = two.server.upload(vec![b'x'; 10_000_001]).await;
    let parts: Vec<String> = (0..30).map(|n| format!("p{}_{n}_5000000_i", &large[1..])).collect();
    assert_eq!(error(json!({"accountId": "a1", "blobIds": parts})).await, "requestTooLarge");
}
