//! RFC 8621 §4.4: Email/query: every condition, every order, collapsed threads.

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::letter::Letter;
use crate::support::{Node, letter};

/// A node, and the names of its emails by their ids.
struct Mail {
    node: Node,
    names: Vec<(String, String)>,
}

impl Mail {
    async fn new() -> Self {
        Self { node: Node::new().await, names: Vec::new() }
    }

    /// Delivers a letter to the inbox, and gives its id.
    async fn put(&mut self, name: &str, letter: &Letter, received_at: &str) -> String {
        let id = self.node.deliver(&letter.bytes(), received_at).await.email.to_string();
        self.names.push((id.clone(), name.to_owned()));
        id
    }

    async fn set(&self, id: &str, patch: Value) {
        let set = self.node.one("Email/set", json!({"update": {id: patch}})).await;
        assert_eq!(set["updated"], json!({id: null}), "{set}");
    }

    /// The names of what a query finds; oldest first unless it says otherwise.
    async fn query(&self, mut arguments: Value) -> Vec<&str> {
        if arguments.get("sort").is_none() {
            arguments["sort"] = json!([{"property": "receivedAt"}]);
        }
        let found = self.node.one("Email/query", arguments.clone()).await;
        let ids = found["ids"].as_array().unwrap_or_else(|| panic!("{arguments}: {found}"));
        ids.iter().map(|id| self.names.iter().find(|(known, _)| known == id).unwrap().1.as_str()).collect()
    }

    async fn filter(&self, filter: Value) -> Vec<&str> {
        self.query(json!({"filter": filter})).await
    }
}

/// before, after, minSize, maxSize: the instant and the size themselves belong to the one side.
#[tokio::test]
async fn dates_and_sizes_have_an_edge() {
    let mut mail = Mail::new().await;
    mail.put("small", &letter("1").body("x"), "2026-03-01T08:00:00Z").await;
    mail.put("large", &letter("2").body(&"x".repeat(5000)), "2026-03-01T09:00:00Z").await;
    let size = letter("2").body(&"x".repeat(5000)).bytes().len();
    for (filter, expected) in [
        (json!({"before": "2026-03-01T09:00:00Z"}), vec!["small"]),
        (json!({"before": "2026-03-01T09:00:01Z"}), vec!["small", "large"]),
        (json!({"after": "2026-03-01T09:00:00Z"}), vec!["large"]),
        (json!({"after": "2026-03-01T09:00:01Z"}), vec![]),
        (json!({"after": "2026-03-01T08:00:00Z", "before": "2026-03-01T09:00:00Z"}), vec!["small"]),
        (json!({"minSize": size}), vec!["large"]),
        (json!({"minSize": size + 1}), vec![]),
        (json!({"maxSize": size}), vec!["small"]),
        (json!({"maxSize": size + 1}), vec!["small", "large"]),
        (json!({"minSize": 0, "maxSize": 0}), vec![]),
    ] {
        assert_eq!(mail.filter(filter.clone()).await, expected, "{filter}");
    }
    for wrong in [
        json!({"before": "yesterday"}),
        json!({"after": "2026-03-01T09:00:00+01:00"}),
        json!({"minSize": -1}),
    ] {
        let failed = mail.node.one("Email/query", json!({"filter": wrong})).await;
        assert_eq!(failed["type"], "invalidArguments", "{wrong}");
    }
}

#[tokio::test]
async fn mailboxes_of_an_email() {
    let mut mail = Mail::new().await;
    let inbox = mail.node.inbox.to_string();
    let junk = mail.node.make_mailbox("Junk", Some("junk")).await.to_string();
    let one = mail.put("in the junk", &letter("1"), "2026-03-01T08:00:00Z").await;
    let two = mail.put("in both", &letter("2"), "2026-03-01T09:00:00Z").await;
    mail.put("in the inbox", &letter("3"), "2026-03-01T10:00:00Z").await;
    mail.set(&one, json!({"mailboxIds": {&junk: true}})).await;
    mail.set(&two, json!({format!("mailboxIds/{junk}"): true})).await;
    for (filter, expected) in [
        (json!({"inMailbox": junk}), vec!["in the junk", "in both"]),
        (json!({"inMailbox": "m99"}), vec![]),
        (json!({"inMailboxOtherThan": [junk]}), vec!["in both", "in the inbox"]),
        (json!({"inMailboxOtherThan": [junk, inbox]}), vec![]),
        (json!({"inMailboxOtherThan": []}), vec!["in the junk", "in both", "in the inbox"]),
        (json!({"inMailbox": inbox, "inMailboxOtherThan": [inbox]}), vec!["in both"]),
    ] {
        assert_eq!(mail.filter(filter.clone()).await, expected, "{filter}");
    }
}

/// hasKeyword and notKeyword of the email; all, some and none of its thread.
#[tokio::test]
async fn keywords_of_an_email_and_of_its_thread() {
    let mut mail = Mail::new().await;
    let first = mail.put("first", &letter("1"), "2026-03-01T08:00:00Z").await;
    let answer = letter("2").subject("Re: Letter 1").answers("1");
    let answer = mail.put("answer", &answer, "2026-03-01T09:00:00Z").await;
    mail.put("other", &letter("3"), "2026-03-01T10:00:00Z").await;
    mail.set(&answer, json!({"keywords/$flagged": true})).await;
    for (condition, expected) in [
        ("hasKeyword", vec!["answer"]),
        ("notKeyword", vec!["first", "other"]),
        ("allInThreadHaveKeyword", vec![]),
        ("someInThreadHaveKeyword", vec!["first", "answer"]),
        ("noneInThreadHaveKeyword", vec!["other"]),
    ] {
        assert_eq!(mail.filter(json!({condition: "$flagged"})).await, expected, "{condition}");
    }
    mail.set(&first, json!({"keywords/$flagged": true})).await;
    assert_eq!(mail.filter(json!({"allInThreadHaveKeyword": "$flagged"})).await, ["first", "answer"]);
    for wrong in [json!({"hasKeyword": ""}), json!({"notKeyword": "a b"}), json!({"hasKeyword": null})] {
        let failed = mail.node.one("Email/query", json!({"filter": wrong})).await;
        assert_eq!(failed["type"], "invalidArguments", "{wrong}");
    }
}

/// text, from, to, cc, bcc, subject, body, header and hasAttachment each look where they should and nowhere else.
#[tokio::test]
async fn each_text_condition_looks_in_its_own_place() {
    let mut mail = Mail::new().await;
    let places = [("from", "From"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc"), ("subject", "Subject")];
    for (minute, (name, field)) in places.iter().enumerate() {
        let text = if *name == "subject" {
            "The =?utf-8?q?needl=C3=A9?= found"
        } else {
            "Needl\u{e9} <someone@example.com>"
        };
        let letter = letter(name).field(field, text);
        mail.put(name, &letter, &format!("2026-03-01T08:{minute:02}:00Z")).await;
    }
    mail.put(
        "body",
        &letter("body").body("No needle\u{301}-work, but a needle\u{301}."),
        "2026-03-01T08:10:00Z",
    )
    .await;
    let html = letter("html")
        .field("Content-Type", "text/html; charset=utf-8")
        .body("<style>.hidden{}</style><p class=hidden>n<b>ee</b>dlé</p><img alt='picture'>");
    mail.put("html", &html, "2026-03-01T08:11:00Z").await;
    for (name, _) in places {
        assert_eq!(mail.filter(json!({name: "NEEDLE"})).await, [name]);
    }
    assert_eq!(mail.filter(json!({"body": "needle"})).await, ["body", "html"]);
    assert_eq!(
        mail.filter(json!({"text": "needle"})).await,
        ["from", "to", "cc", "bcc", "subject", "body", "html"]
    );
    assert_eq!(mail.filter(json!({"text": "hidden"})).await, [""; 0], "markup is no text");
    assert_eq!(mail.filter(json!({"from": "needle someone"})).await, ["from"]);
    assert_eq!(mail.filter(json!({"from": "needle nobody"})).await, [""; 0], "all words must be there");
}

/// Phrases in quotes, and the characters that a phrase escapes.
#[tokio::test]
async fn what_is_quoted_is_a_phrase() {
    let mut mail = Mail::new().await;
    mail.put("in order", &letter("1").body("the quick brown fox"), "2026-03-01T08:00:00Z").await;
    mail.put("in disorder", &letter("2").body("the brown and quick fox"), "2026-03-01T09:00:00Z").await;
    mail.put("quoted", &letter("3").body("she said 'quick' and \"brown\""), "2026-03-01T10:00:00Z").await;
    for (text, expected) in [
        ("quick brown", vec!["in order", "in disorder", "quoted"]),
        ("\"quick brown\"", vec!["in order"]),
        ("'quick brown'", vec!["in order"]),
        ("\"brown fox\" quick", vec!["in order"]),
        ("\"quick fox\"", vec!["in disorder"]),
        ("\"said \\'quick\\' and\"", vec!["quoted"]),
        ("\"unclosed quick", vec![]),
    ] {
        if text.starts_with("\"unclosed") {
            // A quote that matches none is no phrase, and no error.
            mail.filter(json!({"body": text})).await;
            continue;
        }
        assert_eq!(mail.filter(json!({"body": text})).await, expected, "{text}");
    }
}

#[tokio::test]
async fn attachments_are_looked_for() {
    let mut mail = Mail::new().await;
    let with = letter("1")
        .field("Content-Type", "multipart/mixed; boundary=x")
        .body("--x\r\n\r\ntext\r\n--x\r\nContent-Type: application/pdf\r\n\r\nx\r\n--x--");
    mail.put("with", &with, "2026-03-01T08:00:00Z").await;
    mail.put("without", &letter("2"), "2026-03-01T09:00:00Z").await;
    assert_eq!(mail.filter(json!({"hasAttachment": true})).await, ["with"]);
    assert_eq!(mail.filter(json!({"hasAttachment": false})).await, ["without"]);
}

/// §4.4.2: each property to sort by, in both directions.
#[tokio::test]
async fn every_order_that_the_session_names() {
    let mut mail = Mail::new().await;
    let a = letter("a")
        .field("From", "\"Zoe\" <a@x>")
        .field("To", "m@x")
        .subject("Re: beta")
        .field("Date", "Sun, 01 Mar 2026 12:00:00 +0000")
        .body("x");
    let b = letter("b")
        .field("From", "adam@x")
        .field("To", "\"Nora\" <a@x>")
        .subject("[list] alpha")
        .field("Date", "Sun, 01 Mar 2026 10:00:00 +0000")
        .body(&"x".repeat(900));
    let c = letter("c")
        .field("From", "\"Mia\" <z@x>")
        .field("To", "\"Otto\" <z@x>")
        .subject("Fwd: gamma")
        .field("Date", "Sun, 01 Mar 2026 14:00:00 +0300")
        .body(&"x".repeat(300));
    mail.put("a", &a, "2026-03-01T09:00:00Z").await;
    mail.put("b", &b, "2026-03-01T08:00:00Z").await;
    let c = mail.put("c", &c, "2026-03-01T10:00:00Z").await;
    mail.set(&c, json!({"keywords/$flagged": true})).await;
    for (property, expected) in [
        ("receivedAt", ["b", "a", "c"]),
        ("sentAt", ["b", "c", "a"]),
        ("size", ["a", "c", "b"]),
        ("from", ["b", "c", "a"]),
        ("to", ["a", "b", "c"]),
        ("subject", ["b", "a", "c"]),
    ] {
        let sort = async |is_ascending: bool| {
            mail.query(json!({"sort": [{"property": property, "isAscending": is_ascending}]})).await
        };
        assert_eq!(sort(true).await, expected, "{property}");
        let mut reversed = expected;
        reversed.reverse();
        assert_eq!(sort(false).await, reversed, "{property}");
    }
    let ties = json!({"property": "receivedAt"});
    for property in ["hasKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword"] {
        let by = |is_ascending: bool| json!({"property": property, "keyword": "$flagged", "isAscending": is_ascending});
        assert_eq!(mail.query(json!({"sort": [by(false), ties]})).await, ["c", "b", "a"], "{property}");
        assert_eq!(mail.query(json!({"sort": [by(true), ties]})).await, ["b", "a", "c"], "{property}");
        // "the Comparator object MUST also have a 'keyword' property".
        let without = mail.node.one("Email/query", json!({"sort": [{"property": property}]})).await;
        assert_eq!(without["type"], "invalidArguments", "{property}");
    }
}

/// §4.4.2: keywords of the whole thread decide, not those of the one email.
#[tokio::test]
async fn orders_by_the_keywords_of_threads() {
    let mut mail = Mail::new().await;
    let first = mail.put("first", &letter("1"), "2026-03-01T08:00:00Z").await;
    mail.put("lone", &letter("2"), "2026-03-01T09:00:00Z").await;
    let answer = letter("3").subject("Re: Letter 1").answers("1");
    mail.put("answer", &answer, "2026-03-01T10:00:00Z").await;
    mail.set(&first, json!({"keywords/$flagged": true})).await;
    let by = |property: &str| json!({"sort": [{"property": property, "keyword": "$flagged", "isAscending": false}, {"property": "receivedAt"}]});
    assert_eq!(mail.query(by("someInThreadHaveKeyword")).await, ["first", "answer", "lone"]);
    assert_eq!(mail.query(by("allInThreadHaveKeyword")).await, ["first", "lone", "answer"]);
    assert_eq!(mail.query(by("hasKeyword")).await, ["first", "lone", "answer"]);
}

/// §4.4.3: of each thread only the first in the results stays, after filter and sort; total counts threads.
#[tokio::test]
async fn collapsed_threads_keep_their_first_result() {
    let mut mail = Mail::new().await;
    mail.put("first", &letter("1"), "2026-03-01T08:00:00Z").await;
    mail.put("other", &letter("2"), "2026-03-01T09:00:00Z").await;
    let answer = letter("3").subject("Re: Letter 1").answers("1");
    let answer = mail.put("answer", &answer, "2026-03-01T10:00:00Z").await;
    let newest = json!([{"property": "receivedAt", "isAscending": false}]);
    assert_eq!(mail.query(json!({"collapseThreads": true})).await, ["first", "other"]);
    assert_eq!(mail.query(json!({"collapseThreads": true, "sort": newest})).await, ["answer", "other"]);
    let filter = json!({"after": "2026-03-01T08:30:00Z"});
    assert_eq!(mail.query(json!({"collapseThreads": true, "filter": filter})).await, ["other", "answer"]);
    let counted =
        json!({"collapseThreads": true, "calculateTotal": true, "position": 1, "limit": 1, "sort": newest});
    let counted = mail.node.one("Email/query", counted).await;
    assert_eq!((&counted["total"], &counted["position"]), (&json!(2), &json!(1)));
    // What was collapsed away is no anchor.
    let anchored = json!({"collapseThreads": true, "anchor": answer, "sort": [{"property": "receivedAt"}]});
    assert_eq!(mail.node.one("Email/query", anchored).await["type"], "anchorNotFound");
}

async fn deliver(node: &Node, raw: &[u8], minute: u32) -> EmailId {
    node.deliver(raw, &format!("2026-03-01T08:{minute:02}:00Z")).await.email
}

async fn found(node: &Node, filter: Value) -> Value {
    let sort = json!([{"property": "receivedAt"}]);
    let found = node.one("Email/query", json!({"filter": filter, "sort": sort})).await;
    assert!(found["ids"].is_array(), "{filter} {found}");
    found["ids"].clone()
}

#[tokio::test]
async fn addresses_are_found_by_their_parts() {
    let node = Node::new().await;
    let ann = b"From: \"Ann M. O'Neill\" <ann.oneill+list@mail.example.org>\r\nTo: team@example.com\r\nSubject: x\r\n\r\n1\r\n";
    let ann = deliver(&node, ann, 1).await;
    let bob = deliver(
        &node,
        b"From: =?utf-8?q?J=C3=BCrgen?= <bob@examination.net>\r\nCc: ann@example.org\r\n\r\n2\r\n",
        2,
    )
    .await;
    for (from, expected) in [
        ("exam", json!([ann, bob])),
        ("example", json!([ann])),
        ("example.org", json!([ann])),
        ("@mail.example.org", json!([ann])),
        ("mail.exam", json!([ann])),
        ("ann.oneill+list@mail.example.org", json!([ann])),
        ("oneill", json!([ann])),
        ("O'Neill", json!([ann])),
        ("ann", json!([ann])),
        ("Ann O", json!([ann])),
        ("\"Ann M.\"", json!([ann])),
        ("jurgen", json!([bob])),
        ("JÜRGEN bob", json!([bob])),
        ("net", json!([bob])),
        // In the middle of a word nobody looks: every short text would be found everywhere.
        ("ample", json!([])),
        ("team", json!([])),
    ] {
        assert_eq!(found(&node, json!({"from": from})).await, expected, "{from}");
    }
    assert_eq!(found(&node, json!({"to": "team"})).await, json!([ann]));
    assert_eq!(found(&node, json!({"cc": "exam"})).await, json!([bob]));
    assert_eq!(found(&node, json!({"text": "exam"})).await, json!([ann, bob]));
    assert_eq!(
        found(&node, json!({"header": ["From", "ample"]})).await,
        json!([ann]),
        "a header is text as it is"
    );
}

#[tokio::test]
async fn broken_charsets_and_nul_bytes_never_fail_a_search() {
    let node = Node::new().await;
    let nul = b"From: a\0nn@example.org\r\nSubject: one\0two \xFF\xFE\r\n\r\nbody\0 with \xC3\x28 needle\r\n";
    let nul = deliver(&node, nul, 1).await;
    let odd = b"From: =?nonsense?Q?=FF?= <b@x>\r\nSubject: =?utf-8?Q?=C3?= x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\x80\x81 needle\r\n";
    let odd = deliver(&node, odd, 2).await;
    let utf16 = b"From: c@x\r\nContent-Type: text/plain; charset=utf-16le\r\n\r\nn\0e\0e\0d\0l\0e\0!\0\0";
    let utf16 = deliver(&node, utf16, 3).await;
    assert_eq!(found(&node, json!({"body": "needle"})).await, json!([nul, odd, utf16]));
    for text in
        ["\0", "a\0b", "one\0two", "\u{FFFD}", "\\", "'", "\"", ":*", "& | !", "\u{10FFFD}", "<->", "%", "_"]
    {
        for condition in ["text", "from", "to", "cc", "bcc", "subject", "body"] {
            found(&node, json!({condition: text})).await;
        }
        found(&node, json!({"header": ["Subject", text]})).await;
        found(&node, json!({"header": [text]})).await;
    }
    assert_eq!(found(&node, json!({"subject": "onetwo"})).await, json!([nul]));
}

#[tokio::test]
async fn dates_are_read_as_programs_write_them() {
    let node = Node::new().await;
    let early = deliver(&node, b"From: a@x\r\n\r\n1\r\n", 1).await;
    let late = deliver(&node, b"From: a@x\r\n\r\n2\r\n", 30).await;
    for date in ["2026-03-01T08:30:00Z", "2026-03-01T08:30:00.000Z", "2026-03-01T08:29:59.999Z"] {
        assert_eq!(found(&node, json!({"before": date})).await, json!([early]), "{date}");
        assert_eq!(found(&node, json!({"after": date})).await, json!([late]), "{date}");
    }
    for wrong in ["2026-03-01", "2026-03-01T08:30:00+00:00", "2026-03-01t08:30:00z", "yesterday"] {
        let refused = node.one("Email/query", json!({"filter": {"after": wrong}})).await;
        assert_eq!(refused["type"], "invalidArguments", "{wrong}");
    }
}

#[tokio::test]
async fn a_header_is_found_by_its_name_and_by_its_value() {
    let node = Node::new().await;
    let raw = b"From: a@x\r\nX-Priority: 1 (Highest)\r\nList-Id: Some =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n <list.example.org>\r\nX-Empty:\r\n\r\nx\r\n";
    let id = deliver(&node, raw, 1).await;
    deliver(&node, b"From: b@x\r\nSubject: X-Priority: 1\r\n\r\ny\r\n", 2).await;
    for header in [
        json!(["x-priority"]),
        json!(["X-Priority", "highest"]),
        json!(["list-id", "grüsse <list"]),
        json!(["X-Empty"]),
        json!(["X-Empty", ""]),
    ] {
        assert_eq!(found(&node, json!({"header": header})).await, json!([id]), "{header}");
    }
    for header in [json!(["X-Priority", "2"]), json!(["Priority"]), json!(["X-Empty", "x"])] {
        assert_eq!(found(&node, json!({"header": header})).await, json!([]), "{header}");
    }
    for header in [json!([]), json!("X"), json!(["a", "b", "c"]), json!([1]), json!(["a", null])] {
        let refused = node.one("Email/query", json!({"filter": {"header": header}})).await;
        assert_eq!(refused["type"], "invalidArguments", "{header}");
    }
}
