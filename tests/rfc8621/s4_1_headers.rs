//! RFC 8621 §4.1.2 and §4.1.3: header fields, raw and parsed.

use serde_json::{Value, json};

use crate::support::Node;

/// The properties of an email with these header fields.
async fn properties_of(node: &Node, fields: &str, properties: &Value) -> Value {
    let raw = format!("{}\r\n\r\nbody\r\n", fields.replace('\n', "\r\n"));
    let email = node.deliver(raw.as_bytes(), "2026-03-01T08:00:00Z").await.email;
    let got = node.one("Email/get", json!({"ids": [email], "properties": properties})).await;
    assert!(got["list"].is_array(), "{properties}: {got}");
    got["list"][0].clone()
}

async fn value(node: &Node, fields: &str, property: &str) -> Value {
    properties_of(node, fields, &json!([property])).await[property].clone()
}

/// §4.1.2.3 and §4.1.2.4: the example of both sections. (The RFC prints "Smith" where its own octets say "Smîth".)
#[tokio::test]
async fn the_example_of_addresses_and_groups() {
    let node = Node::new().await;
    let fields = "To: \"  James Smythe\" <james@example.com>, Friends:\n jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\n <john@example.com>;";
    let james = json!({"name": "James Smythe", "email": "james@example.com"});
    let jane = json!({"name": null, "email": "jane@example.com"});
    let john = json!({"name": "John Smîth", "email": "john@example.com"});
    let got =
        properties_of(&node, fields, &json!(["to", "header:To:asAddresses", "header:To:asGroupedAddresses"]))
            .await;
    assert_eq!(got["to"], json!([james, jane, john]));
    assert_eq!(got["header:To:asAddresses"], got["to"]);
    assert_eq!(
        got["header:To:asGroupedAddresses"],
        json!([{"name": null, "addresses": [james]}, {"name": "Friends", "addresses": [jane, john]}])
    );
}

/// §4.1.2.3: quoted pairs, comments for names, broken lists read as well as can be.
#[tokio::test]
async fn names_of_addresses() {
    let node = Node::new().await;
    for (list, expected) in [
        (r#""Joe \"Q\" Public" <joe@x>"#, json!([{"name": "Joe \"Q\" Public", "email": "joe@x"}])),
        ("joe@x (Joe Public)", json!([{"name": "Joe Public", "email": "joe@x"}])),
        ("<joe@x>", json!([{"name": null, "email": "joe@x"}])),
        ("undisclosed-recipients:;", json!([])),
        (
            "=?iso-8859-1?q?J=F6rg?= =?utf-8?b?IE3DvGxsZXI=?= <j@x>",
            json!([{"name": "Jörg Müller", "email": "j@x"}]),
        ),
        ("a@x,,b@x,", json!([{"name": null, "email": "a@x"}, {"name": null, "email": "b@x"}])),
    ] {
        let got = value(&node, &format!("From: {list}"), "from").await;
        assert_eq!(got, expected, "{list}");
    }
}

/// §4.1.2.1: the raw form begins right after the colon, keeps its folding, and has neither NUL nor broken UTF-8.
#[tokio::test]
async fn the_raw_form_is_what_stands_after_the_colon() {
    let node = Node::new().await;
    let got = value(&node, "Subject:  =?utf-8?q?x?=\n\tfolded ", "header:Subject").await;
    assert_eq!(got, "  =?utf-8?q?x?=\r\n\tfolded ");
    let raw = b"Subject: a\0b \xe4 \xc3\xa4\r\n\r\nx\r\n";
    let email = node.deliver(raw, "2026-03-01T08:00:00Z").await.email;
    let got =
        node.one("Email/get", json!({"ids": [email], "properties": ["header:Subject", "subject"]})).await;
    assert_eq!(got["list"][0]["header:Subject"], " ab \u{fffd} ä");
    assert!(!got.to_string().contains("\\u0000"));
}

/// §4.1.2.2: unfolded, without the spaces at the start, decoded where RFC 2047 allows it and nowhere else, in NFC.
#[tokio::test]
async fn the_text_form_is_unfolded_and_decoded() {
    let node = Node::new().await;
    for (field, expected) in [
        ("   plain", "plain"),
        ("folded\n line", "folded line"),
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?B?Y2Fmw6k=?= au lait", "café au lait"),
        ("=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?Cafe=CC=81?=", "café"),
        ("=?utf-8?q?a=00=07b?=", "ab"),
        ("x=?utf-8?q?no?=", "x=?utf-8?q?no?="),
        ("=?utf-8?q?no no?=", "=?utf-8?q?no no?="),
        ("=?nonsense?q?x?=", "=?nonsense?q?x?="),
        ("Grüße", "Grüße"),
    ] {
        assert_eq!(
            value(&node, &format!("Subject: {field}"), "subject").await.as_str().unwrap().to_lowercase(),
            expected.to_lowercase(),
            "{field:?}"
        );
    }
}

/// §4.1.2.5 to §4.1.2.7, with null where nothing can be read.
#[tokio::test]
async fn ids_dates_and_urls() {
    let node = Node::new().await;
    for (field, property, expected) in [
        ("Message-ID: <a@b>", "messageId", json!(["a@b"])),
        ("References: <a@b>\n (a comment) <c@d>", "references", json!(["a@b", "c@d"])),
        ("In-Reply-To: nonsense", "inReplyTo", json!(null)),
        ("X-Ids: <a@b> <c@d>", "header:X-Ids:asMessageIds", json!(["a@b", "c@d"])),
        ("Date: Thu, 30 Oct 2014 14:12:00 +0800", "sentAt", json!("2014-10-30T14:12:00+08:00")),
        ("Date: 30 Oct 2014 06:12 GMT (comment)", "header:Date:asDate", json!("2014-10-30T06:12:00Z")),
        ("Date: nonsense", "sentAt", json!(null)),
        (
            "Resent-Date: Thu, 30 Oct 2014 14:12:00 -0330",
            "header:Resent-Date:asDate",
            json!("2014-10-30T14:12:00-03:30"),
        ),
        (
            "List-Post: <mailto:list@x> (Postings), <https://x/post>",
            "header:List-Post:asURLs",
            json!(["mailto:list@x", "https://x/post"]),
        ),
        ("List-Post: NO", "header:List-Post:asURLs", json!(null)),
    ] {
        assert_eq!(value(&node, field, property).await, expected, "{field:?} {property}");
    }
}

/// §4.1.3: the convenience properties are "identical to" their long forms, and null where there is no field.
#[tokio::test]
async fn convenience_properties_are_their_long_forms() {
    let node = Node::new().await;
    let fields = "Message-ID: <1@x>\nIn-Reply-To: <0@x>\nReferences: <0@x>\nSender: s@x\nFrom: f@x\nTo: t@x\nCc: c@x\n\
                  Bcc: b@x\nReply-To: r@x\nSubject: S\nDate: Thu, 30 Oct 2014 14:12:00 +0800";
    let pairs = [
        ("messageId", "header:Message-ID:asMessageIds"),
        ("inReplyTo", "header:In-Reply-To:asMessageIds"),
        ("references", "header:References:asMessageIds"),
        ("sender", "header:Sender:asAddresses"),
        ("from", "header:From:asAddresses"),
        ("to", "header:To:asAddresses"),
        ("cc", "header:Cc:asAddresses"),
        ("bcc", "header:Bcc:asAddresses"),
        ("replyTo", "header:Reply-To:asAddresses"),
        ("subject", "header:Subject:asText"),
        ("sentAt", "header:Date:asDate"),
    ];
    let all: Vec<&str> = pairs.iter().flat_map(|(short, long)| [*short, *long]).collect();
    let full = properties_of(&node, fields, &json!(all)).await;
    let empty = properties_of(&node, "X-Nothing: at all", &json!(all)).await;
    for (short, long) in pairs {
        assert!(!full[short].is_null(), "{short}");
        assert_eq!(full[short], full[long], "{short}");
        assert_eq!((&empty[short], &empty[long]), (&Value::Null, &Value::Null), "{short}");
    }
}

/// §4.1.3: `headers` has all fields in their order and spelling; a single property is the last one; `:all` all of them.
#[tokio::test]
async fn one_field_or_all_of_a_name() {
    let node = Node::new().await;
    let fields = "X-Tag: one\nSUBJECT: S\nx-tag: two\nX-TAG: three";
    let properties = json!([
        "headers",
        "header:X-Tag",
        "header:x-TAG:all",
        "header:X-Tag:asText",
        "header:X-Tag:asText:all",
        "header:X-No",
        "header:X-No:all",
        "header:X-No:asAddresses",
        "header:subject:asText"
    ]);
    let mut got = properties_of(&node, fields, &properties).await;
    got["id"] = json!("[id]");
    // §4.2: "the capitalization of the property name in the response MUST be identical to that used in the request".
    insta::assert_json_snapshot!(got);
}

/// §4.2: "Attempting to fetch a form that is forbidden … MUST result in the method call being rejected".
#[tokio::test]
async fn a_form_that_a_field_does_not_have_is_invalid() {
    let node = Node::new().await;
    let email = node.deliver(b"From: a@x\r\n\r\nx\r\n", "2026-03-01T08:00:00Z").await.email;
    let fetch = async |property: &str| {
        node.one("Email/get", json!({"ids": [email], "properties": [property]})).await["type"].clone()
    };
    let forms = ["asText", "asAddresses", "asGroupedAddresses", "asMessageIds", "asDate", "asURLs"];
    for (fields, allowed) in [
        (["Subject", "Comments", "Keywords"].as_slice(), ["asText"].as_slice()),
        (
            &[
                "From",
                "Sender",
                "Reply-To",
                "To",
                "Cc",
                "Bcc",
                "Resent-From",
                "Resent-Sender",
                "Resent-To",
                "Resent-Cc",
                "Resent-Bcc",
            ],
            &["asAddresses", "asGroupedAddresses"],
        ),
        (&["Message-ID", "In-Reply-To", "References", "Resent-Message-ID"], &["asMessageIds"]),
        (&["Date", "Resent-Date"], &["asDate"]),
        (
            &["List-Help", "List-Unsubscribe", "List-Subscribe", "List-Post", "List-Owner", "List-Archive"],
            &["asURLs"],
        ),
        (&["X-Own", "List-Id", "List-Unsubscribe-Post"], &forms),
    ] {
        for field in fields {
            for form in forms {
                let outcome = fetch(&format!("header:{field}:{form}")).await;
                let expected = if allowed.contains(&form) { Value::Null } else { json!("invalidArguments") };
                assert_eq!(outcome, expected, "header:{field}:{form}");
                let folded = fetch(&format!("header:{}:{form}:all", field.to_lowercase())).await;
                assert_eq!(folded, expected, "header:{field}:{form}:all");
            }
            assert_eq!(fetch(&format!("header:{field}")).await, Value::Null);
        }
    }
    for wrong in [
        "header:",
        "header",
        "header:X:all:asText",
        "header:X:asNonsense",
        "header:X:asRaw:more",
        "header:X:ALL",
        "header:X Y",
        "header:ü",
        "header::asText",
    ] {
        assert_eq!(fetch(wrong).await, "invalidArguments", "{wrong}");
    }
}
