//! What clients in the field depend on, and what other servers are known to get wrong.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::audit::audit;
use crate::support::{Node, TestServer, letter};

/// A keyword too many is an error; it is never lost in silence.
#[tokio::test]
async fn keywords_are_kept_or_refused_and_never_lost() {
    let node = Node::new().await;
    let mut ids = Vec::new();
    for id in ["1", "2", "3"] {
        ids.push(node.deliver(&letter(id).bytes(), "2026-03-01T08:00:00Z").await.email.to_string());
    }
    // More in the account than one email takes, each email with its own.
    for (number, id) in ids.iter().enumerate() {
        let keywords: Value =
            (0..120).map(|keyword| (format!("k{number}-{keyword:03}"), json!(true))).collect();
        let set = node.one("Email/set", json!({"update": {id: {"keywords": keywords}}})).await;
        assert_eq!(set["updated"], json!({id: null}), "{set}");
        let got = node.one("Email/get", json!({"ids": [id], "properties": ["keywords"]})).await;
        assert_eq!(got["list"][0]["keywords"], keywords);
    }
    for (number, id) in ids.iter().enumerate() {
        for keyword in [0, 60, 99, 119] {
            let filter = json!({"hasKeyword": format!("k{number}-{keyword:03}")});
            let found = node.one("Email/query", json!({"filter": filter})).await;
            assert_eq!(found["ids"], json!([id]), "{filter}");
        }
    }
    let too_many: Value = (0..200).map(|keyword| (format!("x{keyword}"), json!(true))).collect();
    let refused = node.one("Email/set", json!({"update": {&ids[0]: {"keywords": too_many}}})).await;
    assert_eq!(refused["notUpdated"][&ids[0]]["type"], "tooManyKeywords");
}

/// No index has to catch up: what was just delivered is found, counted and sorted by the very next request.
#[tokio::test]
async fn new_mail_is_found_and_in_its_place_at_once() {
    let server = TestServer::start().await;
    let inbox = server.mailbox("inbox").await;
    let mut newest_first = Vec::new();
    for (index, subject) in ["Apricot", "Blueberry", "Cherry", "Damson"].iter().enumerate() {
        let raw = letter(&index.to_string()).subject(subject).body("A word that all hold: fruit").bytes();
        let email = server.import(raw, "inbox", &format!("2026-03-01T08:0{index}:00Z")).await;
        newest_first.insert(0, email.clone());
        for filter in [json!(null), json!({"inMailbox": inbox}), json!({"text": "fruit"})] {
            for property in ["receivedAt", "subject"] {
                let sort = json!([{"property": property, "isAscending": false}]);
                let arguments = json!({"filter": filter, "sort": sort, "calculateTotal": true});
                let found = server.one("Email/query", arguments).await;
                assert_eq!(
                    (&found["ids"], &found["total"]),
                    (&json!(newest_first), &json!(index + 1)),
                    "{filter}"
                );
            }
        }
        let own = server.one("Email/query", json!({"filter": {"subject": subject}})).await;
        assert_eq!(own["ids"], json!([email]));
    }
}

/// The words of the index and of the query are cut alike, whatever the language of a message looks like.
#[tokio::test]
async fn a_word_that_every_message_holds_is_found_in_all_of_them() {
    let node = Node::new().await;
    let languages = [
        "The meetings were running over",
        "Die Besprechungen dauerten länger",
        "Les réunions étaient plus longues",
        "As reuniões foram mais longas",
        "会議は長引きました",
        "Совещания затянулись",
        "الاجتماعات كانت أطول",
        "Οι συναντήσεις κράτησαν",
        "פגישות ארוכות",
        "회의가 길어졌습니다",
    ];
    let words = ["Running", "organisation", "naïve", "Straße", "universities"];
    let mut ids = Vec::new();
    for (index, text) in languages.iter().cycle().take(60).enumerate() {
        let letter = letter(&index.to_string())
            .field("Content-Type", "text/plain; charset=utf-8")
            .body(&format!("{text}\r\n{}\r\n{text} {index}", words.join(" ")));
        ids.push(
            node.deliver(&letter.bytes(), &format!("2026-03-01T08:{index:02}:00Z")).await.email.to_string(),
        );
    }
    let oldest_first = json!([{"property": "receivedAt"}]);
    for word in ["running", "Organisation", "naive", "strasse", "UNIVERSITIES", "universit"] {
        let found = node.one("Email/query", json!({"filter": {"text": word}, "sort": oldest_first})).await;
        assert_eq!(found["ids"], json!(ids), "{word}");
    }
}

/// `from: "exam"` finds parts of addresses as people expect.
/// NUL octets and broken charsets never fail an import, a get or a search.
#[tokio::test]
async fn what_breaks_databases_is_mail_like_any_other() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for (index, raw) in [
        b"Subject: NUL \x00 here\r\nFrom: \"a\x00b\" <a@x>\r\nX-Nul: \x00\r\n\r\nbody \x00 needle\r\n".as_slice(),
        b"Subject: =?utf-8?q?a=00b?=\r\n\r\nneedle =00\r\n",
        b"Subject: \xff\xfe broken\r\nFrom: \xe4@x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xc3\x28 needle \xf0\x9f\r\n",
        b"Subject: x\r\nContent-Type: text/plain; charset=\"\x00\xff\"\r\n\r\nneedle\r\n",
        b"Subject: x\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n2AA=\r\n",
        b"Subject: x\r\nContent-Type: text/html; charset=utf-7\r\n\r\n<p>needle +AGE-</p>\r\n",
        b"Message-ID: <\x00>\r\nReferences: <\xff> <\x00>\r\nSubject: needle\r\n\r\n",
        b"Subject: needle\r\nContent-Disposition: attachment; filename*=utf-8''%00%ff\r\n\r\n\x00",
    ]
    .iter()
    .enumerate()
    {
        ids.push(server.import(raw.to_vec(), "inbox", &format!("2026-03-01T08:0{index}:00Z")).await);
    }
    let properties =
        json!(["subject", "from", "preview", "headers", "bodyValues", "messageId", "attachments"]);
    let got = server
        .one("Email/get", json!({"ids": ids, "properties": properties, "fetchAllBodyValues": true}))
        .await;
    assert_eq!(got["list"].as_array().unwrap().len(), ids.len());
    for text in ["needle", "NUL", "a\u{0}b", "\u{0}", "broken \u{fffd}", "'\u{0}", "\\", "%", "''"] {
        for condition in ["text", "subject", "from", "body"] {
            let found = server.one("Email/query", json!({"filter": {condition: text}})).await;
            assert!(found["ids"].is_array(), "{condition} {text:?}: {found}");
        }
        let found = server.one("Email/query", json!({"filter": {"header": ["Subject", text]}})).await;
        assert!(found["ids"].is_array(), "{text:?}: {found}");
    }
    let found = server.one("Email/query", json!({"filter": {"text": "needle"}})).await;
    assert!(found["ids"].as_array().unwrap().len() >= 6, "{found}");
    audit(server.database.client()).await;
}

/// Clients read these keys without looking whether they are there.
#[tokio::test]
async fn every_key_of_an_import_is_there() {
    let server = TestServer::start().await;
    let names = ["accountId", "oldState", "newState", "created", "notCreated"];
    let inbox = server.mailbox("inbox").await;
    let blob = server.upload(letter("1").bytes()).await;
    let good = json!({"k": {"blobId": blob, "mailboxIds": {inbox: true}}});
    for emails in [json!({}), good.clone(), good] {
        let imported = server.one("Email/import", json!({"emails": emails})).await;
        assert_eq!(imported.as_object().unwrap().keys().collect::<Vec<_>>(), names);
        assert!(imported["oldState"].is_string() && imported["newState"].is_string());
    }
}

/// An Email/set that changes nothing succeeds, and makes no new state.
#[tokio::test]
async fn changes_that_change_nothing_succeed() {
    let node = Node::new().await;
    let email = node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await.email.to_string();
    let inbox = node.inbox.to_string();
    node.one("Email/set", json!({"update": {&email: {"keywords/$seen": true}}})).await;
    for nothing in [
        json!({}),
        json!({"keywords/$seen": true}),
        json!({"keywords": {"$seen": true}}),
        json!({"keywords/$flagged": null}),
        json!({"mailboxIds": {&inbox: true}}),
        json!({format!("mailboxIds/{inbox}"): true, "keywords/$SEEN": true}),
    ] {
        let set = node.one("Email/set", json!({"update": {&email: nothing}})).await;
        assert_eq!(set["updated"], json!({&email: null}), "{nothing}");
        assert_eq!(set["oldState"], set["newState"], "{nothing}");
    }
}

/// Whatever is done: a Mailbox's counters are the totals of the queries that mean the same.
#[tokio::test]
async fn counters_equal_the_totals_of_queries() {
    let node = Node::new().await;
    let trash = node.make_mailbox("Trash", Some("trash")).await;
    let other = node.make_mailbox("Other", None).await;
    let mailboxes = [node.inbox, trash, other].map(|id| id.to_string());
    let mut emails = Vec::new();
    for index in 0..12 {
        let subject = format!("Re: Topic {}", index % 4);
        let letter = letter(&index.to_string()).subject(&subject).answers(&format!("topic{}", index % 4));
        emails.push(
            node.deliver(&letter.bytes(), &format!("2026-03-01T08:{index:02}:00Z")).await.email.to_string(),
        );
    }
    // A sequence without rhyme, the same each time.
    let mut number = 7_usize;
    let mut next = |below: usize| {
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648;
        number / 65_536 % below
    };
    for round in 0..60 {
        let email = emails[next(emails.len())].clone();
        let mailbox = &mailboxes[next(3)];
        let keyword = ["$seen", "$draft", "$flagged"][next(3)];
        let patch = match next(5) {
            0 => json!({"mailboxIds": {mailbox: true}}),
            1 => json!({format!("mailboxIds/{mailbox}"): true}),
            2 => json!({format!("keywords/{keyword}"): null}),
            _ => json!({format!("keywords/{keyword}"): true}),
        };
        node.one("Email/set", json!({"update": {&email: patch}})).await;
        if round % 20 == 19 {
            node.one("Email/set", json!({"destroy": [email]})).await;
        }
        for mailbox in &mailboxes {
            assert_counters(&node, mailbox, &trash.to_string()).await;
        }
    }
    audit(node.database.client()).await;
}

async fn assert_counters(node: &Node, mailbox: &str, trash: &str) {
    let total = async |filter: Value, collapse: bool| {
        let arguments =
            json!({"filter": filter, "collapseThreads": collapse, "calculateTotal": true, "limit": 0});
        node.one("Email/query", arguments).await["total"].clone()
    };
    let unread = json!({"operator": "AND", "conditions": [
        {"inMailbox": mailbox}, {"notKeyword": "$seen"}, {"notKeyword": "$draft"}
    ]});
    let got = node.one("Mailbox/get", json!({"ids": [mailbox]})).await["list"][0].clone();
    assert_eq!(got["totalEmails"], total(json!({"inMailbox": mailbox}), false).await);
    assert_eq!(got["totalThreads"], total(json!({"inMailbox": mailbox}), true).await);
    assert_eq!(got["unreadEmails"], total(unread, false).await);
    assert_eq!(got["unreadThreads"], json!(unread_threads(node, mailbox, trash).await));
}

/// RFC 8621 §2: the threads in the mailbox of which any email is unread. What is in the trash alone does not count,
/// except for the trash itself, for which nothing else does.
async fn unread_threads(node: &Node, mailbox: &str, trash: &str) -> usize {
    let all = node
        .one("Email/get", json!({"ids": null, "properties": ["threadId", "mailboxIds", "keywords"]}))
        .await;
    let mut threads: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for email in all["list"].as_array().unwrap() {
        let is_in = |id: &str| email["mailboxIds"].get(id).is_some();
        let is_elsewhere = email["mailboxIds"].as_object().unwrap().keys().any(|id| id != trash);
        let counts = if mailbox == trash { is_in(trash) } else { is_elsewhere };
        let has = |keyword: &str| email["keywords"].get(keyword).is_some();
        let (is_here, is_unread) = threads.entry(email["threadId"].as_str().unwrap()).or_default();
        *is_here |= is_in(mailbox);
        *is_unread |= counts && !has("$seen") && !has("$draft");
    }
    threads.values().filter(|(is_here, is_unread)| *is_here && *is_unread).count()
}

/// The session object as clients need it: absolute URLs, all variables, the core object in every account.
#[tokio::test]
async fn the_session_holds_what_clients_read_from_it() {
    let server = TestServer::start().await;
    let session: Value = server.get("/.well-known/jmap").send().await.unwrap().json().await.unwrap();
    for url in ["apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"] {
        assert!(session[url].as_str().unwrap().starts_with(&server.url("/")), "{url}");
    }
    let url = |name: &str| session[name].as_str().unwrap().to_owned();
    for variable in ["{accountId}", "{blobId}", "{type}", "{name}"] {
        assert!(url("downloadUrl").contains(variable), "{variable}");
    }
    assert!(url("uploadUrl").contains("{accountId}"));
    for variable in ["{types}", "{closeafter}", "{ping}"] {
        assert!(url("eventSourceUrl").contains(variable), "{variable}");
    }
    let mail = &session["accounts"]["a1"]["accountCapabilities"]["urn:ietf:params:jmap:mail"];
    assert!(mail["maxSizeMailboxName"].as_u64().is_some_and(|size| size >= 100));
}

/// What pages in browsers need: any origin, with Authorization, also for what is refused.
#[tokio::test]
async fn web_pages_may_ask() {
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
    assert!(preflight.status().is_success(), "{}", preflight.status());
    let allowed = preflight.headers()["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    assert!(preflight.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
    let origin = ("origin", "https://webmail.example.org");
    let refused =
        server.client.get(server.url("/jmap/session")).header(origin.0, origin.1).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
}
