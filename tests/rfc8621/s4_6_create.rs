//! Email/set create (RFC 8621 §4.6).

use serde_json::{Value, json};
use signet::jmap::blobs::{read_blob, store_upload};
use signet::wire::blob_id::BlobId;

use crate::support::Node;
use crate::support::audit::audit;
use crate::support::node::{CORE, MAIL, SMIMEVERIFY};

pub(super) const LOGIN: &str = "demo@example.org";

pub(super) async fn upload(node: &Node, data: &[u8]) -> String {
    store_upload(&node.store, node.account, LOGIN, data.to_vec().into()).await.unwrap().to_string()
}

/// The octets of a blob.
pub(super) async fn octets(node: &Node, blob_id: &Value) -> Vec<u8> {
    let id = BlobId::parse(blob_id.as_str().unwrap()).unwrap();
    read_blob(&node.store, node.account, LOGIN, id).await.unwrap().unwrap()
}

/// An Email in the inbox, with more properties.
pub(super) fn email(node: &Node, more: Value) -> Value {
    let mut email = json!({"mailboxIds": {node.inbox.to_string(): true}});
    email.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    email
}

/// Creates an Email in the inbox.
async fn create(node: &Node, more: Value) -> Value {
    let set = node.one("Email/set", json!({"create": {"k": email(node, more)}})).await;
    let created = &set["created"]["k"];
    assert!(created.is_object(), "{set}");
    created.clone()
}

async fn get(node: &Node, id: &Value, properties: Value) -> Value {
    let arguments = json!({
        "ids": [id],
        "properties": properties,
        "bodyProperties": [
            "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location",
            "subParts",
        ],
        "fetchAllBodyValues": true,
    });
    node.one("Email/get", arguments).await["list"][0].clone()
}

/// The message without what differs each time.
async fn message(node: &Node, created: &Value) -> String {
    let raw = String::from_utf8(octets(node, &created["blobId"]).await).unwrap();
    assert_eq!(created["size"], raw.len());
    let mut lines: Vec<String> = raw.split("\r\n").map(str::to_owned).collect();
    let mut boundaries: Vec<String> = Vec::new();
    for line in &mut lines {
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        if let Some(id) = line.strip_prefix("Message-ID: <")
            && id.ends_with("@example.com>")
        {
            "Message-ID: <…@example.com>".clone_into(line);
        }
        if let Some(at) = line.find("=_") {
            let boundary = line[at..at + 38].to_owned();
            let number = boundaries.iter().position(|known| *known == boundary).unwrap_or_else(|| {
                boundaries.push(boundary.clone());
                boundaries.len() - 1
            });
            *line = line.replace(&boundary, &format!("boundary-{number}"));
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn the_example_of_the_rfc() {
    let node = Node::new().await;
    let created = create(
        &node,
        json!({
            "keywords": {"$seen": true, "$draft": true},
            "from": [{"name": "Joe Bloggs", "email": "joe@example.com"}],
            "subject": "World domination",
            "receivedAt": "2018-07-10T01:03:11Z",
            "sentAt": "2018-07-10T11:03:11+10:00",
            "bodyStructure": {"type": "text/plain", "partId": "bd48", "header:Content-Language": "en"},
            "bodyValues": {"bd48": {"value": "I have the most brilliant plan.  What we do is, we", "isTruncated": false}},
        }),
    )
    .await;
    let names: Vec<&String> = created.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "blobId", "threadId", "size"]);
    insta::assert_snapshot!("create_example_message", message(&node, &created).await);
    let got = get(&node, &created["id"], json!(["receivedAt", "sentAt", "keywords", "mailboxIds"])).await;
    assert_eq!(
        got,
        json!({
            "id": created["id"],
            "mailboxIds": {node.inbox.to_string(): true},
            "keywords": {"$draft": true, "$seen": true},
            "receivedAt": "2018-07-10T01:03:11Z",
            "sentAt": "2018-07-10T11:03:11+10:00",
        })
    );
    audit(node.database.client()).await;
}

#[tokio::test]
async fn text_html_and_attachments_nest_so_that_each_is_read_as_what_it_was() {
    let node = Node::new().await;
    let image = upload(&node, b"\x89PNG\r\n\x1a\n").await;
    let text = upload(&node, "Grüße\n".as_bytes()).await;
    let attached = upload(&node, b"Subject: inside\r\n\r\nhello\r\n").await;
    let created = create(
        &node,
        json!({
            "from": [{"email": "joe@example.com"}],
            "subject": "Größe",
            "sentAt": "2026-03-01T12:00:00Z",
            "textBody": [{"partId": "t", "type": "text/plain", "language": ["de", "en-GB"]}],
            "htmlBody": [{"partId": "h", "type": "text/html", "location": "https://example.com/a"}],
            "bodyValues": {"t": {"value": "Grüße\n"}, "h": {"value": "<img src=\"cid:i@x\">"}},
            "attachments": [
                {"blobId": image, "type": "image/png", "cid": "i@x"},
                {"blobId": text, "type": "text/plain", "name": "Übersicht.txt"},
                {"blobId": attached, "type": "message/rfc822", "disposition": "attachment", "size": 1},
                {"blobId": image, "type": "image/png", "name": "plain name.png", "disposition": "inline"},
            ],
        }),
    )
    .await;
    insta::assert_snapshot!("create_lists_message", message(&node, &created).await);
    let got = get(
        &node,
        &created["id"],
        json!(["bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments", "hasAttachment"]),
    )
    .await;
    let types = |list: &Value| {
        let parts = list.as_array().unwrap().iter();
        parts
            .map(|part| format!("{} {}", part["partId"].as_str().unwrap(), part["type"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(types(&got["textBody"]), ["1.1 text/plain", "4 image/png"]);
    assert_eq!(types(&got["htmlBody"]), ["1.2.1 text/html", "4 image/png"]);
    assert_eq!(types(&got["attachments"]), ["1.2.2 image/png", "2 text/plain", "3 message/rfc822"]);
    assert_eq!(got["hasAttachment"], true);
    assert_eq!(got["bodyValues"]["1.1"]["value"], "Grüße\n");
    let part = &got["attachments"][1];
    assert_eq!((&part["name"], &part["charset"]), (&json!("Übersicht.txt"), &json!("utf-8")));
    assert_eq!(octets(&node, &part["blobId"]).await, "Grüße\n".as_bytes());
    assert_eq!(
        (&got["attachments"][0]["cid"], &got["attachments"][0]["disposition"]),
        (&json!("i@x"), &json!("inline"))
    );
    assert_eq!(octets(&node, &got["attachments"][0]["blobId"]).await, b"\x89PNG\r\n\x1a\n");
    assert_eq!(got["bodyStructure"]["subParts"][0]["subParts"][0]["language"], json!(["de", "en-GB"]));
    assert_eq!(got["htmlBody"][0]["location"], "https://example.com/a");

    // A part of an existing Email is a blob like others.
    let forwarded = create(
        &node,
        json!({
            "bodyStructure": {"subParts": [
                {"partId": "t"},
                {"blobId": part["blobId"], "type": "text/plain", "charset": "utf-8", "name": "Übersicht.txt", "disposition": "attachment"},
                {"blobId": created["blobId"], "type": "message/rfc822"},
            ]},
            "bodyValues": {"t": {"value": "see below"}},
        }),
    )
    .await;
    let got = get(&node, &forwarded["id"], json!(["attachments"])).await;
    assert_eq!(octets(&node, &got["attachments"][0]["blobId"]).await, "Grüße\n".as_bytes());
    assert_eq!(got["attachments"][1]["size"], created["size"]);
}

#[tokio::test]
async fn each_list_may_stand_alone() {
    let node = Node::new().await;
    let blob = upload(&node, b"%PDF").await;
    let values = json!({"x": {"value": "x"}});
    let pdf = json!({"blobId": blob, "type": "application/pdf"});
    for (body, structure) in [
        (json!({}), json!("text/plain")),
        (json!({"textBody": [{"partId": "x"}]}), json!("text/plain")),
        (json!({"htmlBody": [{"partId": "x"}]}), json!("text/html")),
        (json!({"attachments": [pdf]}), json!(["multipart/mixed", "application/pdf"])),
        (
            json!({"textBody": [{"partId": "x"}], "htmlBody": [{"partId": "x"}]}),
            json!(["multipart/alternative", "text/plain", "text/html"]),
        ),
        (
            json!({"textBody": [{"partId": "x"}], "attachments": [pdf]}),
            json!(["multipart/mixed", "text/plain", "application/pdf"]),
        ),
        (
            json!({"htmlBody": [{"partId": "x"}], "attachments": [{"blobId": blob, "type": "image/gif", "cid": "i"}]}),
            json!(["multipart/related", "text/html", "image/gif"]),
        ),
        (
            json!({"textBody": [{"partId": "x"}], "attachments": [{"blobId": blob, "type": "image/gif", "cid": "i"}]}),
            json!(["multipart/mixed", "text/plain", "image/gif"]),
        ),
    ] {
        let mut object = body.clone();
        object["bodyValues"] = values.clone();
        let created = create(&node, object).await;
        let got = get(&node, &created["id"], json!(["bodyStructure", "attachments"])).await;
        let mut types = vec![got["bodyStructure"]["type"].clone()];
        let sub_parts = got["bodyStructure"]["subParts"].as_array().into_iter().flatten();
        types.extend(sub_parts.map(|part| part["type"].clone()));
        let types = if types.len() == 1 { types.remove(0) } else { json!(types) };
        assert_eq!(types, structure, "{body}");
        let attachments = body["attachments"].as_array().map_or(0, Vec::len);
        assert_eq!(got["attachments"].as_array().unwrap().len(), attachments, "{body}");
    }
}

#[tokio::test]
async fn header_fields_are_set_in_every_form() {
    let node = Node::new().await;
    let long = "x".repeat(60);
    let given = json!({
        "messageId": ["one@example.com"],
        "inReplyTo": ["zero@example.com"],
        "references": [format!("{long}@example.com"), format!("{long}-2@example.com"), "zero@example.com"],
        "sender": [{"name": "A secretary (on Mondays)", "email": "s@example.com"}],
        "from": [{"name": "Jörg, \"J.\"", "email": "joerg@exämple.com"}],
        "to": [{"name": null, "email": "a@example.com"}, {"name": "日本の人", "email": "b@example.com"}],
        "cc": [{"name": "Grüße an alle, die es lesen wollen, und an die anderen ebenfalls", "email": "c@example.com"}],
        "bcc": [{"name": "D", "email": "d@example.com"}],
        "replyTo": [{"name": "E", "email": "e@example.com"}],
        "subject": "A subject that is long enough to be folded, with 日本語 in it and a  double blank — well",
        "sentAt": "1969-02-13T23:32:54-03:30",
        "header:X-Raw": " as\r\n\tit stands",
        "header:X-Raw-All:all": [" one", " two"],
        "header:X-Text:asText": "Ünï ",
        "header:Comments:asText:all": ["first", "zweité"],
        "header:X-Addresses:asAddresses": [{"name": "F", "email": "f@example.com"}],
        "header:Resent-To:asGroupedAddresses": [
            {"name": null, "addresses": [{"name": null, "email": "g@example.com"}]},
            {"name": "Friends, all", "addresses": [{"name": "Ü", "email": "h@example.com"}, {"name": null, "email": "i@example.com"}]},
            {"name": "Nobody", "addresses": []},
        ],
        "header:X-Ids:asMessageIds": ["j@example.com", "k@example.com"],
        "header:X-Date:asDate": "2026-03-01T12:00:00Z",
        "header:List-Unsubscribe:asURLs": ["https://example.com/?a=b,c", "mailto:l@example.com"],
        "header:X-Urls:asURLs:all": [["https://example.com/1"], ["https://example.com/2"]],
    });
    let created = create(&node, given.clone()).await;
    let names: Vec<&String> = given.as_object().unwrap().keys().collect();
    let mut got = get(&node, &created["id"], json!(names)).await;
    got.as_object_mut().unwrap().remove("id");
    for (name, value) in given.as_object().unwrap() {
        assert_eq!(got[name], *value, "{name}");
    }
    assert_eq!(got.as_object().unwrap().len(), names.len());
    let cases = json!(["header:x-TEXT:asText", "header:SUBJECT:asText"]);
    let read = get(&node, &created["id"], cases).await;
    assert_eq!(
        (&read["header:x-TEXT:asText"], &read["header:SUBJECT:asText"]),
        (&got["header:X-Text:asText"], &got["subject"])
    );
    let raw = octets(&node, &created["blobId"]).await;
    assert!(raw.split(|&octet| octet == b'\n').all(|line| line.len() <= 200), "folded");

    let part = json!({
        "partId": "x",
        "type": "text/plain",
        "header:X-Part:asText": "Ünï",
        "header:X-Part-Ids:asMessageIds": ["m@example.com"],
        "header:Content-Disposition": " attachment; filename=\"a b\"",
        "header:Content-ID:asMessageIds": ["n@example.com"],
    });
    let structure = json!({"type": "multipart/mixed", "subParts": [part], "header:X-Root": " root"});
    let created =
        create(&node, json!({"bodyStructure": structure, "bodyValues": {"x": {"value": ""}}})).await;
    let arguments = json!({
        "ids": [created["id"]],
        "properties": ["bodyStructure", "header:X-Root"],
        "bodyProperties": ["subParts", "name", "disposition", "cid", "header:X-Part:asText", "header:X-Part-Ids:asMessageIds"],
    });
    let got = node.one("Email/get", arguments).await["list"][0].clone();
    assert_eq!(got["header:X-Root"], " root");
    assert_eq!(
        got["bodyStructure"]["subParts"][0],
        json!({
            "name": "a b",
            "disposition": "attachment",
            "cid": "n@example.com",
            "subParts": null,
            "header:X-Part:asText": "Ünï",
            "header:X-Part-Ids:asMessageIds": ["m@example.com"],
        })
    );
}

#[tokio::test]
async fn message_id_date_and_from_are_there_in_any_case() {
    let node = Node::new().await;
    let created = create(&node, json!({"subject": "x", "to": [], "cc": null, "bcc": [{"email": ""}]})).await;
    let names = json!([
        "messageId",
        "sentAt",
        "from",
        "receivedAt",
        "to",
        "cc",
        "bcc",
        "textBody",
        "header:MIME-Version"
    ]);
    let got = get(&node, &created["id"], names.clone()).await;
    let id = got["messageId"][0].as_str().unwrap();
    assert!(id.len() > 40 && id.ends_with("@example.org"), "{id}");
    assert_eq!(
        (&got["sentAt"], &got["receivedAt"]),
        (&json!("2026-03-01T12:00:00Z"), &json!("2026-03-01T12:00:00Z"))
    );
    assert_eq!(got["from"], json!([{"name": null, "email": "demo@example.org"}]));
    assert_eq!(
        (&got["to"], &got["cc"], &got["bcc"]),
        (&Value::Null, &Value::Null, &Value::Null),
        "no empty fields"
    );
    assert_eq!(got["header:MIME-Version"], " 1.0");
    let again = create(&node, json!({"subject": "x"})).await;
    assert_ne!(get(&node, &again["id"], names).await["messageId"][0], id);
    // They may stand in the root part as well.
    let root = json!({"partId": "x", "header:Date:asDate": "2020-01-01T00:00:00Z", "header:message-id": "<own@example.com>"});
    let created = create(&node, json!({"bodyStructure": root, "bodyValues": {"x": {"value": "x"}}})).await;
    let got = get(&node, &created["id"], json!(["messageId", "sentAt", "header:Date:all"])).await;
    assert_eq!(
        (&got["messageId"], &got["sentAt"]),
        (&json!(["own@example.com"]), &json!("2020-01-01T00:00:00Z"))
    );
    assert_eq!(got["header:Date:all"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_and_the_same_draft_can_be_created_twice() {
    let node = Node::new().await;
    let same =
        json!({"messageId": ["same@example.com"], "sentAt": "2026-01-01T00:00:00Z", "subject": "same"});
    let (one, two) = (create(&node, same.clone()).await, create(&node, same).await);
    assert_ne!(one["id"], two["id"]);
    assert_ne!(one["blobId"], two["blobId"]);
    assert_eq!(one["threadId"], two["threadId"]);
}

#[tokio::test]
async fn no_value_leaves_its_place() {
    let node = Node::new().await;
    let evil = "x\r\nBcc: eve@example.net\r\n\r\n--=_\r\n\0\u{7}";
    let created = create(
        &node,
        json!({
            "from": [{"name": evil, "email": "joe@example.com>, <eve@example.net"}],
            "to": [{"name": "a\", eve@example.net, \"", "email": "a@example.com"}],
            "cc": [{"name": null, "email": evil}],
            "subject": evil,
            "header:X-Text:asText": evil,
            "header:X-Group:asGroupedAddresses": [{"name": evil, "addresses": [{"name": "; eve:", "email": "a, b@example.com"}]}],
            "textBody": [{"partId": "x", "type": "text/plain"}],
            "bodyValues": {"x": {"value": evil}},
            "attachments": [{"blobId": upload(&node, evil.as_bytes()).await, "type": "text/plain", "name": evil, "charset": "us-ascii"}],
        }),
    )
    .await;
    let got = get(
        &node,
        &created["id"],
        json!([
            "headers",
            "bcc",
            "to",
            "cc",
            "from",
            "subject",
            "attachments",
            "bodyValues",
            "bodyStructure"
        ]),
    )
    .await;
    let names: Vec<&str> =
        got["headers"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Date",
            "From",
            "To",
            "Cc",
            "Subject",
            "Message-ID",
            "X-Text",
            "X-Group",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding"
        ]
    );
    assert_eq!(got["bcc"], Value::Null);
    let shown = "x Bcc: eve@example.net  --=_ ";
    assert_eq!(got["subject"], shown);
    assert_eq!(
        got["from"],
        json!([{"name": shown.trim(), "email": "\"joe@example.com>, <eve\"@example.net"}])
    );
    assert_eq!(got["to"], json!([{"name": "a\", eve@example.net, \"", "email": "a@example.com"}]));
    assert_eq!(got["cc"].as_array().unwrap().len(), 1);
    assert_eq!(got["bodyStructure"]["subParts"].as_array().unwrap().len(), 2);
    assert_eq!(got["bodyValues"]["1"]["value"], "x\nBcc: eve@example.net\n\n--=_\n\u{7}");
    assert_eq!(got["attachments"][0]["name"], shown);
    assert_eq!(octets(&node, &got["attachments"][0]["blobId"]).await, evil.as_bytes());
}

#[tokio::test]
async fn a_created_email_counts_and_changes_like_any_other() {
    let node = Node::new().await;
    let original = node
        .deliver(b"Message-ID: <q@example.org>\r\nSubject: Question\r\n\r\nx\r\n", "2026-03-01T08:00:00Z")
        .await;
    let state = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let reply =
        json!({"subject": "Re: Question", "inReplyTo": ["q@example.org"], "keywords": {"$draft": true}});
    let created = create(&node, reply.clone()).await;
    assert_eq!(created["threadId"], json!(original.thread));
    let thread = node.one("Thread/get", json!({"ids": [original.thread]})).await;
    assert_eq!(thread["list"][0]["emailIds"], json!([original.email, created["id"]]));
    let changes = node.one("Email/changes", json!({"sinceState": state})).await;
    assert_eq!((&changes["created"], &changes["updated"]), (&json!([created["id"]]), &json!([])));
    let mailbox = node.mailbox(node.inbox).await;
    assert_eq!(
        (mailbox.total_emails, mailbox.unread_emails, mailbox.total_threads),
        (2, 1, 1),
        "a draft is read"
    );
    let found = node.one("Email/query", json!({"filter": {"hasKeyword": "$draft"}})).await;
    assert_eq!(found["ids"], json!([created["id"]]));
    let found = node.one("Email/query", json!({"filter": {"from": "demo"}})).await;
    assert_eq!(found["ids"], json!([created["id"]]));
    audit(node.database.client()).await;
}

#[tokio::test]
async fn creation_ids_serve_in_the_same_call_and_in_later_ones() {
    let node = Node::new().await;
    let mailbox = json!({"accountId": node.account, "create": {"box": {"name": "Drafts", "role": "drafts"}}});
    let set = json!({
        "accountId": node.account,
        "create": {
            "keep": {"mailboxIds": {"#box": true}, "subject": "keep"},
            "go": {"mailboxIds": {"#box": true}, "subject": "go"},
            "bad": {"mailboxIds": {"#never": true}},
        },
        "update": {
            "#keep": {"keywords/$flagged": true, format!("mailboxIds/{}", node.inbox): true},
            "#bad": {"keywords/$seen": true},
        },
        "destroy": ["#go"],
    });
    let get =
        json!({"accountId": node.account, "ids": ["#keep", "#go"], "properties": ["keywords", "mailboxIds"]});
    let responses = node
        .call(
            &[CORE, MAIL, SMIMEVERIFY],
            json!([["Mailbox/set", mailbox, "0"], ["Email/set", set, "1"], ["Email/get", get, "2"]]),
        )
        .await;
    let set = &responses[1][1];
    let (keep, go) = (&set["created"]["keep"]["id"], &set["created"]["go"]["id"]);
    assert_eq!(set["notCreated"]["bad"]["properties"], json!(["mailboxIds"]), "{set}");
    assert_eq!(set["updated"], json!({keep.as_str().unwrap(): null}));
    assert_eq!(set["destroyed"], json!([go]));
    assert_eq!(set["notUpdated"], json!({"#bad": {"type": "notFound"}}));
    let mailbox = responses[0][1]["created"]["box"]["id"].as_str().unwrap();
    assert_eq!(
        responses[2][1]["list"],
        json!([{"id": keep, "mailboxIds": {node.inbox.to_string(): true, mailbox: true}, "keywords": {"$flagged": true}}])
    );
    assert_eq!(set["newState"], responses[2][1]["state"]);
    audit(node.database.client()).await;
}

#[tokio::test]
async fn a_signed_message_can_be_answered_and_forwarded_whatever_its_header_says() {
    // What Email/get gives of a malformed message goes into a reply as it is.
    let node = Node::new().await;
    let raw = b"From: \"J\t\x07ane\xff\" <jane doe@x,y>\r\nTo: undisclosed-recipients:;, =?utf-8?Q?a=00=0D=0Ab?= <b>\r\n\
        Message-ID: <a b@[x]>\r\nReferences: <(1)@x> junk <2@x>\r\nSubject: a\r\n\tb\0\xc3\xa9=?utf-8?Q?c?=\r\n\r\nx\r\n";
    let original = node.deliver(raw, "2026-03-01T08:00:00Z").await;
    let got =
        get(&node, &json!(original.email), json!(["from", "to", "messageId", "references", "subject"])).await;
    let mut reply = json!({"to": got["from"], "cc": got["to"], "inReplyTo": got["messageId"], "references": got["references"], "subject": got["subject"]});
    let created = create(&node, reply.clone()).await;
    let names: Vec<String> = reply.as_object().unwrap().keys().cloned().collect();
    let mut read = get(&node, &created["id"], json!(names)).await;
    read.as_object_mut().unwrap().remove("id");
    let spaced = reply["subject"].as_str().unwrap().replace('\t', " ");
    reply["subject"] = json!(spaced);
    reply["to"][0]["email"] = read["to"][0]["email"].clone();
    assert_eq!(read, reply);
}
