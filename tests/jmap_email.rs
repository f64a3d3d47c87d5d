//! Email over JMAP (RFC 8621 §4).

use serde_json::{Value, json};
use signet::jmap::blobs::store_upload;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::{CORE, MAIL};

const REPORT: &[u8] = b"Received: from a.example (a.example [192.0.2.1]) by b.example; Sun, 1 Mar 2026 09:00:05 +0100\r\n\
From: =?utf-8?q?J=C3=B6rg?= Example <joerg@example.org>\r\n\
To: Team: Ann <ann@example.net>, bob@example.net;\r\n\
Cc: Carol <carol@example.com>\r\n\
Subject: =?utf-8?b?UXVhcnRhbHNiZXJpY2h0?= Q1\r\n\
Date: Sun, 1 Mar 2026 09:00:00 +0100\r\n\
Message-ID: <q1@example.org>\r\n\
X-Tag:  one\r\n\
X-Tag: two\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=x\r\n\r\n\
--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n\
--y\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe aus dem Team.\r\n\
--y\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Gr&uuml;&szlig;e aus dem <b>Team</b>.</p>\r\n--y--\r\n\
--x\r\nContent-Type: application/pdf; name=q1.pdf\r\nContent-Disposition: attachment; filename=q1.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--x--\r\n";

fn plain(id: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: {subject}\r\nMessage-ID: <{id}@example.org>\r\n\
         Date: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn all_properties_of_a_message_with_parts() {
    let node = Node::new().await;
    let email = node.deliver(REPORT, "2026-03-01T08:00:05Z").await.email;
    let default = node.one("Email/get", json!({"ids": [email], "fetchTextBodyValues": true})).await;
    insta::assert_json_snapshot!("email_get_default", default);
    let chosen = node
        .one(
            "Email/get",
            json!({
                "ids": [email],
                "properties": [
                    "headers", "bodyStructure", "header:X-Tag:all", "header:X-Tag:asText", "header:From:asAddresses",
                    "header:To:asGroupedAddresses", "header:Date:asDate", "header:Message-ID:asMessageIds", "header:List-Post:asURLs"
                ],
                "bodyProperties": ["partId", "type", "size", "subParts", "header:Content-Type"]
            }),
        )
        .await;
    insta::assert_json_snapshot!("email_get_chosen", chosen);
}

#[tokio::test]
async fn body_values_are_cut_and_chosen() {
    let node = Node::new().await;
    let email = node.deliver(REPORT, "2026-03-01T08:00:05Z").await.email;
    let all = json!({"ids": [email], "properties": ["bodyValues"], "fetchAllBodyValues": true, "maxBodyValueBytes": 3});
    let values = node.one("Email/get", all).await["list"][0]["bodyValues"].clone();
    assert_eq!(values["1.1"], json!({"value": "Gr", "isEncodingProblem": false, "isTruncated": true}));
    assert_eq!(values.as_object().unwrap().len(), 2);
    let html = json!({"ids": [email], "properties": ["bodyValues"], "fetchHTMLBodyValues": true});
    let values = node.one("Email/get", html).await["list"][0]["bodyValues"].clone();
    assert_eq!(values.as_object().unwrap().keys().collect::<Vec<_>>(), ["1.2"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_each_id_comes_once() {
    let node = Node::new().await;
    let email = node.deliver(&plain("1", "Hi", "x"), "2026-03-01T08:00:00Z").await.email;
    let got =
        node.one("Email/get", json!({"ids": ["e99", email, email, "nonsense"], "properties": ["id"]})).await;
    assert_eq!(got["list"], json!([{"id": email}]));
    assert_eq!(got["notFound"], json!(["e99", "nonsense"]));
    let none = node.one("Email/get", json!({"ids": []})).await;
    assert_eq!((&none["list"], &none["notFound"]), (&json!([]), &json!([])));
    let wrong = node.one("Email/get", json!({"ids": [email], "properties": ["nonsense"]})).await;
    assert_eq!(wrong["type"], "invalidArguments");
}

#[tokio::test]
async fn queries_filter_sort_and_page() {
    let node = Node::new().await;
    let archive = node.make_mailbox("Archive", Some("archive")).await;
    let mut ids = Vec::new();
    for (number, subject) in ["Offer", "Re: Offer", "Lunch", "Invoice"].iter().enumerate() {
        let body = if number % 2 == 0 { "about bananas" } else { "about the café" };
        let references = if number == 1 { "\r\nReferences: <0@example.org>" } else { "" };
        let raw = plain(&format!("{number}"), &format!("{subject}{references}"), body);
        ids.push(node.deliver(&raw, &format!("2026-03-01T0{number}:00:00Z")).await.email.to_string());
    }
    let keyword =
        json!({"update": {&ids[2]: {"keywords/$flagged": true, format!("mailboxIds/{archive}"): true}}});
    assert_eq!(node.one("Email/set", keyword).await["updated"], json!({&ids[2]: null}));
    let query = async |arguments: Value| node.one("Email/query", arguments).await["ids"].clone();

    assert_eq!(query(json!({})).await, json!([ids[3], ids[2], ids[1], ids[0]]), "newest first");
    let oldest = json!([{"property": "receivedAt", "isAscending": true}]);
    assert_eq!(query(json!({"sort": oldest})).await, json!(ids));
    assert_eq!(query(json!({"filter": {"inMailbox": archive}})).await, json!([ids[2]]));
    assert_eq!(query(json!({"filter": {"inMailbox": "m99"}})).await, json!([]));
    assert_eq!(query(json!({"filter": {"hasKeyword": "$Flagged"}})).await, json!([ids[2]]));
    assert_eq!(query(json!({"filter": {"text": "cafe"}})).await, json!([ids[3], ids[1]]));
    assert_eq!(query(json!({"filter": {"from": "exam"}, "limit": 1})).await, json!([ids[3]]));
    assert_eq!(
        query(json!({"filter": {"operator": "NOT", "conditions": [{"subject": "offer"}]}})).await,
        json!([ids[3], ids[2]])
    );
    assert_eq!(query(json!({"collapseThreads": true})).await, json!([ids[3], ids[2], ids[1]]));
    assert_eq!(
        query(json!({"anchor": ids[1], "anchorOffset": -1, "limit": 2})).await,
        json!([ids[2], ids[1]])
    );
    assert_eq!(query(json!({"position": -1})).await, json!([ids[0]]));
    assert_eq!(query(json!({"limit": 0})).await, json!([]));

    let counted = node.one("Email/query", json!({"calculateTotal": true, "position": 1, "limit": 1})).await;
    assert_eq!((&counted["total"], &counted["position"]), (&json!(4), &json!(1)));
    let gone = node.one("Email/query", json!({"anchor": "e99"})).await;
    assert_eq!(gone["type"], "anchorNotFound");
}

#[tokio::test]
async fn set_updates_and_destroys_and_says_what_it_did_not() {
    let node = Node::new().await;
    let trash = node.make_mailbox("Trash", Some("trash")).await;
    let first = node.deliver(&plain("1", "Hi", "x"), "2026-03-01T08:00:00Z").await.email;
    let second = node.deliver(&plain("2", "Ho", "x"), "2026-03-01T08:00:00Z").await.email;
    let state = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let set = node
        .one(
            "Email/set",
            json!({
                "ifInState": state,
                "create": {"k": {"mailboxIds": {}}},
                "update": {
                    first.to_string(): {"keywords": {"$seen": true}, "mailboxIds": {trash.to_string(): true}},
                    second.to_string(): {"subject": "no"},
                    "e99": {"keywords": {}}
                },
                "destroy": ["e98", second]
            }),
        )
        .await;
    insta::assert_json_snapshot!("email_set", set);
    let changes = node.one("Email/changes", json!({"sinceState": state})).await;
    assert_eq!((&changes["updated"], &changes["destroyed"]), (&json!([first]), &json!([second])));
    assert_eq!(changes["newState"], set["newState"]);
    let stale = node.one("Email/set", json!({"ifInState": state, "destroy": [first]})).await;
    assert_eq!(stale["type"], "stateMismatch");
    let no_op = node.one("Email/set", json!({"update": {first.to_string(): {}}})).await;
    assert_eq!(
        (&no_op["updated"], &no_op["oldState"]),
        (&json!({first.to_string(): null}), &no_op["newState"])
    );
    audit(node.database.client()).await;
}

#[tokio::test]
async fn whole_emails_may_be_passed_back() {
    let node = Node::new().await;
    let email = node.deliver(REPORT, "2026-03-01T08:00:05Z").await.email.to_string();
    let default = node.one("Email/get", json!({"ids": [email]})).await;
    let properties = json!([
        "id",
        "headers",
        "bodyStructure",
        "header:X-Tag:asText:all",
        "header:Date:asDate",
        "date",
        "smimeStatus",
        "smimeErrors"
    ]);
    let more = node.one("Email/get", json!({"ids": [email], "properties": properties})).await;
    for got in [default, more] {
        let mut whole = got["list"][0].clone();
        let set = node.one("Email/set", json!({"update": {&email: whole}})).await;
        assert_eq!((&set["updated"], &set["newState"]), (&json!({&email: null}), &set["oldState"]), "{set}");
        whole["keywords"] = json!({"$seen": true});
        let set = node.one("Email/set", json!({"update": {&email: whole}})).await;
        assert_eq!(set["updated"], json!({&email: null}), "{set}");
        whole["id"] = json!("e99");
        let set = node.one("Email/set", json!({"update": {&email: whole}})).await;
        assert_eq!(set["notUpdated"][&email]["properties"], json!(["id"]), "{set}");
        node.one("Email/set", json!({"update": {&email: {"keywords/$SEEN": null}}})).await;
        let keywords = node.one("Email/get", json!({"ids": [email], "properties": ["keywords"]})).await;
        assert_eq!(keywords["list"][0]["keywords"], json!({}));
    }
}

#[tokio::test]
async fn import_takes_uploaded_messages_once() {
    let node = Node::new().await;
    let upload = async |data: &[u8]| {
        store_upload(&node.store, node.account, "demo@example.org", data.to_vec().into()).await.unwrap()
    };
    let (blob, empty) = (upload(&plain("1", "Hi", "x")).await, upload(b"").await);
    let inbox = json!({node.inbox.to_string(): true});
    let emails = json!({
        "good": {"blobId": blob.to_string(), "mailboxIds": inbox, "keywords": {"$Seen": true}, "receivedAt": "2020-01-01T00:00:00Z"},
        "again": {"blobId": blob.to_string(), "mailboxIds": inbox},
        "missing": {"blobId": format!("b{}", "0".repeat(64)), "mailboxIds": inbox},
        "empty": {"blobId": empty.to_string(), "mailboxIds": inbox},
        "nowhere": {"blobId": blob.to_string(), "mailboxIds": {}},
    });
    let imported = node.one("Email/import", json!({"emails": emails})).await;
    insta::assert_json_snapshot!("email_import", imported);
    let email = &imported["created"]["good"]["id"];
    let got = node.one("Email/get", json!({"ids": [email], "properties": ["keywords", "receivedAt"]})).await;
    assert_eq!(
        got["list"][0],
        json!({"id": email, "keywords": {"$seen": true}, "receivedAt": "2020-01-01T00:00:00Z"})
    );
}

#[tokio::test]
async fn a_read_only_account_refuses_to_be_written() {
    let node = Node::new().await;
    let calls = json!([["Email/set", {"accountId": node.account, "destroy": ["e1"]}, "0"], ["Email/get", {"accountId": node.account, "ids": []}, "1"]]);
    let responses = node.call_as(&[CORE, MAIL], calls, true).await;
    assert_eq!(responses[0], json!(["error", {"type": "accountReadOnly"}, "0"]));
    assert_eq!(responses[1][0], "Email/get");
}

#[tokio::test]
async fn query_and_get_go_together_by_reference() {
    let node = Node::new().await;
    let email = node.deliver(&plain("1", "Hi", "x"), "2026-03-01T08:00:00Z").await;
    let calls = json!([
        ["Email/query", {"accountId": node.account}, "q"],
        ["Email/get", {"accountId": node.account, "#ids": {"resultOf": "q", "name": "Email/query", "path": "/ids"}, "properties": ["threadId"]}, "g"],
        ["Thread/get", {"accountId": node.account, "#ids": {"resultOf": "g", "name": "Email/get", "path": "/list/*/threadId"}}, "t"]
    ]);
    let responses = node.call(&[CORE, MAIL], calls).await;
    assert_eq!(responses[2][1]["list"], json!([{"id": email.thread, "emailIds": [email.email]}]));
}
