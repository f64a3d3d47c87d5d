//! Email/copy (RFC 8621 §4.7, RFC 8620 §5.4).

use serde_json::{Value, json};
use signet::store::trust::add_anchor;

use crate::support::TestServer;
use crate::support::audit::audit;
use crate::support::node::at;
use crate::support::server::PASSWORD;
use crate::trust::Pki;

/// Bob, whose own account is a2 and who may write in ann's, a1.
struct Bob {
    server: TestServer,
    inbox: String,
}

impl Bob {
    async fn new() -> Self {
        let server = TestServer::start().await;
        server.let_into_anns_account("bob@example.org").await;
        let bob = Self { server, inbox: String::new() };
        let found = bob.one("Mailbox/query", json!({"accountId": "a2", "filter": {"role": "inbox"}})).await;
        Self { inbox: found["ids"][0].as_str().unwrap().to_owned(), ..bob }
    }

    async fn calls(&self, calls: Value) -> Value {
        let using = ["core", "mail", "smimeverify"].map(|name| format!("urn:ietf:params:jmap:{name}"));
        let request = self.server.client.post(self.server.url("/jmap/api"));
        let request = request.basic_auth("bob@example.org", Some(PASSWORD));
        let response = request.json(&json!({"using": using, "methodCalls": calls})).send().await.unwrap();
        response.json::<Value>().await.unwrap()["methodResponses"].clone()
    }

    async fn one(&self, method: &str, arguments: Value) -> Value {
        self.calls(json!([[method, arguments, "0"]])).await[0][1].clone()
    }

    async fn copy(&self, create: Value) -> Value {
        self.one("Email/copy", json!({"fromAccountId": "a1", "accountId": "a2", "create": create})).await
    }
}

fn plain(subject: &str) -> Vec<u8> {
    format!(
        "From: carol@example.net\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n\r\nx\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_copy_is_the_same_message_in_another_account() {
    let bob = Bob::new().await;
    let email = bob.server.import(plain("one"), "inbox", "2026-01-01T00:00:00Z").await;
    bob.server
        .one("Email/set", json!({"update": {&email: {"keywords": {"$seen": true, "work": true}}}}))
        .await;
    let original = bob.one("Email/get", json!({"accountId": "a1", "ids": [email]})).await["list"][0].clone();
    let (one, two) = (json!({&bob.inbox: true}), json!({&bob.inbox: true}));
    let copied = bob
        .copy(json!({
            "same": {"id": email, "mailboxIds": one},
            "again": {"id": email, "mailboxIds": two},
            "gone": {"id": "e99", "mailboxIds": two},
        }))
        .await;
    let names: Vec<&String> = copied.as_object().unwrap().keys().collect();
    assert_eq!(names, ["fromAccountId", "accountId", "oldState", "newState", "created", "notCreated"]);
    let created = &copied["created"]["same"];
    assert_eq!(created.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "blobId", "threadId", "size"]);
    assert_eq!(copied["notCreated"]["again"], json!({"type": "alreadyExists", "existingId": created["id"]}));
    assert_eq!(copied["notCreated"]["gone"], json!({"type": "notFound"}));
    let mut copy =
        bob.one("Email/get", json!({"accountId": "a2", "ids": [created["id"]]})).await["list"][0].clone();
    assert_eq!((&copy["keywords"], &copy["receivedAt"]), (&original["keywords"], &original["receivedAt"]));
    for name in ["id", "threadId", "mailboxIds"] {
        copy[name] = original[name].clone();
    }
    assert_eq!(copy, original, "all but what belongs to the account is the same");
    let found = bob.one("Email/query", json!({"accountId": "a2", "filter": {"from": "carol"}})).await;
    assert_eq!(found["ids"], json!([created["id"]]));
    let left = bob.one("Email/get", json!({"accountId": "a1", "ids": [email], "properties": ["id"]})).await;
    assert_eq!(left["list"], json!([{"id": email}]));
    audit(bob.server.database.client()).await;
}

#[tokio::test]
async fn mailboxes_keywords_and_the_time_may_differ_and_nothing_else() {
    let bob = Bob::new().await;
    let email = bob.server.import(plain("one"), "inbox", "2026-01-01T00:00:00Z").await;
    for (object, properties) in [
        (json!({}), json!(["mailboxIds"])),
        (json!({"mailboxIds": {}}), json!(["mailboxIds"])),
        (json!({"mailboxIds": {"m99": true}}), json!(["mailboxIds"])),
        (
            json!({"mailboxIds": {&bob.inbox: true}, "subject": "x", "threadId": "t1"}),
            json!(["subject", "threadId"]),
        ),
        (
            json!({"keywords": {"a b": true}, "receivedAt": "x"}),
            json!(["mailboxIds", "keywords", "receivedAt"]),
        ),
    ] {
        let mut object = object;
        object["id"] = json!(email);
        let copied = bob.copy(json!({"k": object})).await;
        let error = &copied["notCreated"]["k"];
        assert_eq!(
            (&error["type"], &error["properties"]),
            (&json!("invalidProperties"), &properties),
            "{object}"
        );
        assert_eq!((&copied["created"], &copied["oldState"]), (&Value::Null, &copied["newState"]));
    }
    let object = json!({"id": email, "mailboxIds": {&bob.inbox: true}, "keywords": {"$Draft": true}, "receivedAt": "2020-01-01T00:00:00Z"});
    let copied = bob.copy(json!({"k": object})).await;
    let got = bob
        .one("Email/get", json!({"accountId": "a2", "ids": [copied["created"]["k"]["id"]], "properties": ["keywords", "receivedAt"]}))
        .await;
    assert_eq!(got["list"][0]["keywords"], json!({"$draft": true}));
    assert_eq!(got["list"][0]["receivedAt"], "2020-01-01T00:00:00Z");
}

#[tokio::test]
async fn originals_are_destroyed_by_a_set_of_their_own() {
    let bob = Bob::new().await;
    let email = bob.server.import(plain("one"), "inbox", "2026-01-01T00:00:00Z").await;
    let state = bob.one("Email/get", json!({"accountId": "a1", "ids": []})).await["state"].clone();
    let mut arguments = json!({
        "fromAccountId": "a1",
        "ifFromInState": "1",
        "accountId": "a2",
        "create": {"k": {"id": email, "mailboxIds": {&bob.inbox: true}}},
        "onSuccessDestroyOriginal": true,
        "destroyFromIfInState": state,
    });
    assert_eq!(bob.one("Email/copy", arguments.clone()).await["type"], "stateMismatch");
    arguments["ifFromInState"] = state.clone();
    arguments["ifInState"] = json!("99");
    assert_eq!(bob.one("Email/copy", arguments.clone()).await["type"], "stateMismatch");
    arguments.as_object_mut().unwrap().remove("ifInState");
    let get = json!({"accountId": "a2", "ids": ["#k"], "properties": ["subject"]});
    let responses = bob.calls(json!([["Email/copy", arguments, "c"], ["Email/get", get, "g"]])).await;
    assert_eq!((&responses[1][0], &responses[1][2]), (&json!("Email/set"), &json!("c")));
    assert_eq!((&responses[1][1]["oldState"], &responses[1][1]["destroyed"]), (&state, &json!([email])));
    assert_eq!(responses[2][1]["list"][0]["subject"], "one", "the creation id stands for the copy");
    audit(bob.server.database.client()).await;
}

#[tokio::test]
async fn the_accounts_are_two_and_both_are_mine_to_use() {
    let bob = Bob::new().await;
    let error = async |from: &str, to: &str| {
        bob.one("Email/copy", json!({"fromAccountId": from, "accountId": to, "create": {}})).await["type"]
            .clone()
    };
    assert_eq!(error("a2", "a2").await, "invalidArguments");
    assert_eq!(error("a9", "a2").await, "fromAccountNotFound");
    assert_eq!(error("a1", "a9").await, "accountNotFound");
    // Ann does not see bob's account.
    let copied = bob.server.one("Email/copy", json!({"fromAccountId": "a2", "create": {}})).await;
    assert_eq!(copied["type"], "fromAccountNotFound");
}

#[tokio::test]
async fn a_signature_is_worth_as_much_in_the_other_account() {
    let bob = Bob::new().await;
    let pki = Pki::new();
    let anchor = pki.anchor(at("2026-01-01T00:00:00Z"));
    let added =
        bob.server.store.transaction("test", async |transaction| add_anchor(transaction, &anchor).await);
    assert!(added.await.unwrap());
    let raw = pki.message(&pki.ann(|_| {}), 1);
    let email = bob.server.import(raw, "inbox", "2026-01-01T00:00:00Z").await;
    let copied = bob.copy(json!({"k": {"id": email, "mailboxIds": {&bob.inbox: true}}})).await;
    let properties = json!(["smimeStatus", "smimeErrors", "smimeVerifiedAt"]);
    let status = async |account: &str, id: &Value| {
        let got =
            bob.one("Email/get", json!({"accountId": account, "ids": [id], "properties": properties})).await;
        let mut email = got["list"][0].clone();
        email.as_object_mut().unwrap().remove("id");
        email
    };
    let (original, copy) =
        (status("a1", &json!(email)).await, status("a2", &copied["created"]["k"]["id"]).await);
    assert_eq!(original["smimeStatus"], "signed/verified", "{original}");
    assert_eq!(original, copy);
    audit(bob.server.database.client()).await;
}
