//! RFC 9404: blobs are made, read and looked up by method calls.

use serde_json::{Value, json};
use signet::jmap::blobs::store_upload;

use crate::support::node::{CORE, MAIL};
use crate::support::{Node, TestServer};

const BLOB: &str = "urn:ietf:params:jmap:blob";

/// The responses to calls with all that they need in use.
async fn calls(node: &Node, calls: &[(&str, Value)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .zip(0..)
        .map(|((method, arguments), number)| {
            let mut arguments = arguments.clone();
            arguments["accountId"] = json!(node.account);
            json!([method, arguments, number.to_string()])
        })
        .collect();
    node.call(&[CORE, MAIL, BLOB], json!(calls)).await
}

async fn one(node: &Node, method: &str, arguments: Value) -> Value {
    calls(node, &[(method, arguments)]).await[0][1].clone()
}

async fn upload(node: &Node, data: &[u8]) -> String {
    store_upload(&node.store, node.account, "demo@example.org", data.to_vec().into())
        .await
        .unwrap()
        .to_string()
}

/// What becomes of one UploadObject.
async fn make(node: &Node, object: Value) -> Value {
    let response = one(node, "Blob/upload", json!({"create": {"k": object}})).await;
    match &response["created"]["k"] {
        Value::Null => response["notCreated"]["k"].clone(),
        created => created.clone(),
    }
}

/// The text of a blob.
async fn text(node: &Node, id: &str) -> Value {
    one(node, "Blob/get", json!({"ids": [id]})).await["list"][0]["data:asText"].clone()
}

#[tokio::test]
async fn s3_1_the_session_tells_the_limits_for_each_account() {
    let server = TestServer::start_with(|config| config.limits.max_size_upload = 1000).await;
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    assert_eq!(session["capabilities"][BLOB], json!({}));
    assert_eq!(session["primaryAccounts"][BLOB], "a1");
    insta::assert_json_snapshot!(session["accounts"]["a1"]["accountCapabilities"][BLOB]);
}

#[tokio::test]
async fn the_methods_need_the_capability() {
    let node = Node::new().await;
    for method in ["Blob/upload", "Blob/get", "Blob/lookup"] {
        let arguments = json!({"accountId": node.account});
        let responses = node.call(&[CORE, MAIL], json!([[method, arguments, "0"]])).await;
        assert_eq!(responses[0][1]["type"], "unknownMethod");
    }
}

/// §4.1.1, the simple example.
#[tokio::test]
async fn s4_1_a_blob_comes_from_base64() {
    let node = Node::new().await;
    let image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQMAAAAl21bKAAAAA1BMVEX/AAAZ4gk3AAAAAXRSTlN/gFy0ywAAAApJRE\
                 FUeJxjYgAAAAYAAzY3fKgAAAAASUVORK5CYII=";
    let object = json!({"data": [{"data:asBase64": image}], "type": "image/png"});
    let response = one(&node, "Blob/upload", json!({"create": {"1": object}})).await;
    insta::assert_json_snapshot!(response);
}

/// §4.1.2, the complex example: blobs of text, put together and read in one request.
#[tokio::test]
async fn s4_1_a_blob_comes_from_several_sources() {
    let node = Node::new().await;
    let text = json!({"b4": {"data": [{"data:asText": "The quick brown fox jumped over the lazy dog."}]}});
    let cat = json!({"cat": {"data": [
        {"data:asText": "How"},
        {"blobId": "#b4", "length": 7, "offset": 3},
        {"data:asText": "was t"},
        {"blobId": "#b4", "length": 1, "offset": 1},
        {"data:asBase64": "YXQ/"},
    ]}});
    let responses = calls(
        &node,
        &[
            ("Blob/upload", json!({"create": text})),
            ("Blob/upload", json!({"create": cat})),
            ("Blob/get", json!({"ids": ["#cat"], "properties": ["data:asText", "size"]})),
        ],
    )
    .await;
    insta::assert_json_snapshot!(responses);
}

#[tokio::test]
async fn s4_1_no_source_is_an_empty_blob_and_earlier_creations_serve_later_ones() {
    let node = Node::new().await;
    let create = json!({
        "empty": {"data": []},
        "one": {"data": [{"data:asText": "a"}, {"data:asText": ""}, {"data:asText": "b"}]},
        "two": {"data": [{"blobId": "#one"}, {"blobId": "#one", "offset": 1}, {"blobId": "#one", "length": 0}]},
    });
    let response = one(&node, "Blob/upload", json!({"create": create})).await;
    assert_eq!(response["created"]["empty"]["size"], 0);
    assert_eq!(response["notCreated"], Value::Null);
    assert_eq!(text(&node, response["created"]["two"]["id"].as_str().unwrap()).await, "abb");
    let nothing = one(&node, "Blob/upload", json!({"create": {}})).await;
    assert_eq!((&nothing["created"], &nothing["notCreated"]), (&Value::Null, &Value::Null));
}

/// §4.1: "the server MUST NOT guess the user's intent and MUST reject the creation". The others are made.
#[tokio::test]
async fn s4_1_what_is_invalid_is_not_created() {
    let node = Node::new().await;
    let five = upload(&node, b"12345").await;
    let foreign = store_upload(&node.store, node.account, "else@example.org", b"not mine".to_vec().into())
        .await
        .unwrap();
    for (object, kind) in [
        (json!({"data": [{"data:asBase64": "not*base64!"}]}), "invalidProperties"),
        (json!({"data": [{"data:asText": "a", "data:asBase64": "YQ=="}]}), "invalidProperties"),
        (json!({"data": [{"blobId": five, "offset": 6}]}), "invalidProperties"),
        (json!({"data": [{"blobId": five, "offset": 5, "length": 1}]}), "invalidProperties"),
        (json!({"data": [{"blobId": five, "length": 6}]}), "invalidProperties"),
        (json!({"data": vec![json!({"data:asText": "x"}); 257]}), "invalidProperties"),
        (json!({"data": "x"}), "invalidProperties"),
        (json!({"data": [{"blobId": "nonsense"}]}), "blobNotFound"),
        (json!({"data": [{"blobId": format!("b{}", "0".repeat(64))}]}), "blobNotFound"),
        (json!({"data": [{"blobId": foreign.to_string()}]}), "blobNotFound"),
        (json!({"data": [{"blobId": format!("p{}_4_9_i", &five[1..])}]}), "blobNotFound"),
    ] {
        let create = json!({"wrong": object, "right": {"data": [{"data:asText": "right"}]}});
        let response = one(&node, "Blob/upload", json!({"create": create})).await;
        assert_eq!(response["notCreated"]["wrong"]["type"], kind, "{object}");
        assert_eq!(response["created"]["right"]["size"], 5);
        assert_eq!(response["created"].as_object().unwrap().len(), 1);
    }
    // As many sources as every server must take, and as many as this one does.
    for count in [64, 256] {
        assert_eq!(
            make(&node, json!({"data": vec![json!({"data:asText": "x"}); count]})).await["size"],
            count
        );
    }
}

/// A few sources could name a large blob again and again.
#[tokio::test]
async fn s4_1_no_blob_becomes_larger_than_the_limit() {
    let node = Node::new().await;
    let large = upload(&node, &vec![b'x'; 10_000_000]).await;
    let times = |count| json!({"data": vec![json!({"blobId": large}); count]});
    assert_eq!(make(&node, times(5)).await["size"], 50_000_000);
    assert_eq!(make(&node, times(6)).await["type"], "tooLarge");
    assert_eq!(make(&node, times(256)).await["type"], "tooLarge");
    // Nor do many of them in one call get far.
    let create: serde_json::Map<_, _> = (0..14).map(|n| (format!("k{n}"), times(1))).collect();
    let response = one(&node, "Blob/upload", json!({"create": create})).await;
    assert_eq!(response["created"].as_object().unwrap().len(), 13);
    assert_eq!(response["notCreated"]["k13"]["type"], "rateLimit");
}

#[tokio::test]
async fn s4_1_a_blob_serves_the_methods_after_it() {
    let node = Node::new().await;
    let message = "From: a@example.org\r\nSubject: from text\r\n\r\nHello.\r\n";
    let email = json!({"blobId": "#message", "mailboxIds": {node.inbox.to_string(): true}});
    let draft = json!({
        "mailboxIds": {node.inbox.to_string(): true},
        "textBody": [{"blobId": "#message", "type": "text/plain"}],
    });
    let responses = calls(
        &node,
        &[
            ("Blob/upload", json!({"create": {"message": {"data": [{"data:asText": message}]}}})),
            ("Email/parse", json!({"blobIds": ["#message"], "properties": ["subject"]})),
            ("Email/import", json!({"emails": {"imported": email}})),
            ("Email/set", json!({"create": {"draft": draft}})),
        ],
    )
    .await;
    assert_eq!(responses[1][1]["parsed"]["#message"]["subject"], "from text", "{responses}");
    assert_eq!(responses[2][1]["created"]["imported"]["size"], message.len());
    assert!(responses[3][1]["created"]["draft"]["id"].is_string(), "{responses}");
}

#[tokio::test]
async fn arguments_are_checked() {
    let node = Node::new().await;
    for (method, arguments, kind) in [
        ("Blob/upload", json!({}), "invalidArguments"),
        ("Blob/upload", json!({"create": null}), "invalidArguments"),
        ("Blob/upload", json!({"create": {"no id": {"data": []}}}), "invalidArguments"),
        ("Blob/upload", json!({"create": {}, "destroy": []}), "invalidArguments"),
        ("Blob/get", json!({}), "invalidArguments"),
        ("Blob/get", json!({"ids": null}), "invalidArguments"),
        ("Blob/get", json!({"ids": ["no id"]}), "invalidArguments"),
        ("Blob/get", json!({"ids": [], "properties": ["digest:md5"]}), "invalidArguments"),
        ("Blob/get", json!({"ids": [], "offset": -1}), "invalidArguments"),
        ("Blob/get", json!({"ids": vec!["b"; 1001]}), "requestTooLarge"),
        ("Blob/lookup", json!({"ids": []}), "invalidArguments"),
        ("Blob/lookup", json!({"typeNames": [], "ids": null}), "invalidArguments"),
        ("Blob/lookup", json!({"typeNames": [], "ids": vec!["b"; 1001]}), "requestTooLarge"),
    ] {
        assert_eq!(one(&node, method, arguments.clone()).await["type"], kind, "{method} {arguments}");
    }
    let many: serde_json::Map<_, _> = (0..1001).map(|n| (format!("k{n}"), json!({"data": []}))).collect();
    assert_eq!(one(&node, "Blob/upload", json!({"create": many})).await["type"], "requestTooLarge");
    let create = json!({"accountId": node.account, "create": {"k": {"data": []}}});
    let responses = node.call_as(&[CORE, BLOB], json!([["Blob/upload", create, "0"]]), true).await;
    assert_eq!(responses[0][1]["type"], "accountReadOnly");
}

/// §4.2.1, the simple example: the whole blob, and a range of it, with digests of what is selected.
#[tokio::test]
async fn s4_2_ranges_and_digests() {
    let node = Node::new().await;
    let blob = upload(&node, b"The quick brown fox jumped over the lazy dog.").await;
    let whole = json!({"ids": [blob], "properties": ["data:asText", "digest:sha", "size"]});
    let names = ["data:asText", "digest:sha", "digest:sha-256", "digest:sha-512", "size"];
    let range = json!({"ids": [blob], "properties": names, "offset": 4, "length": 9});
    let responses = calls(&node, &[("Blob/get", whole), ("Blob/get", range)]).await;
    assert_eq!(responses[0][1]["list"][0]["digest:sha"], "wIVPufsDxBzOOALLDSIFKebu+U4=");
    assert_eq!(responses[1][1]["list"][0]["digest:sha"], "QiRAPtfyX8K6tm1iOAtZ87Xj3Ww=");
    let sha256 = "gdg9INW7lwHK6OQ9u0dwDz2ZY/gubi0En0xlFpKt0OA=";
    assert_eq!(responses[1][1]["list"][0]["digest:sha-256"], sha256);
    insta::assert_json_snapshot!(responses);
}

/// §4.2.2, the example with ranges and encoding errors.
#[tokio::test]
async fn s4_2_octets_that_are_no_text_and_ranges_past_the_end() {
    let node = Node::new().await;
    let broken = "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wZWQgb3ZlciB0aGUggYEgZG9nLg==";
    let create = json!({
        "b1": {"data": [{"data:asBase64": broken}]},
        "b2": {"data": [{"data:asText": "hello world"}], "type": "text/plain"},
    });
    let get = |more: Value| {
        let mut arguments = json!({"ids": ["#b1", "#b2"]});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("Blob/get", arguments)
    };
    let responses = calls(
        &node,
        &[
            ("Blob/upload", json!({"create": create})),
            get(json!({})),
            get(json!({"properties": ["data:asText", "size"]})),
            get(json!({"properties": ["data:asBase64", "size"]})),
            get(json!({"offset": 0, "length": 5})),
            get(json!({"offset": 20, "length": 100})),
        ],
    )
    .await;
    insta::assert_json_snapshot!(responses);
}

#[tokio::test]
async fn s4_2_each_blob_comes_once_and_only_to_those_who_may_read_it() {
    let node = Node::new().await;
    let mine = upload(&node, b"mine").await;
    let foreign = store_upload(&node.store, node.account, "else@example.org", b"not mine".to_vec().into())
        .await
        .unwrap();
    let foreign = foreign.to_string();
    let absent = format!("b{}", "0".repeat(64));
    let beyond = format!("p{}_3_9_i", &mine[1..]);
    let ids = json!([mine, absent, mine, foreign, "nonsense", "#nothing", "nonsense", beyond]);
    for names in [json!(["size"]), json!(["data", "size"]), json!(["digest:sha"])] {
        let response = one(&node, "Blob/get", json!({"ids": ids, "properties": names})).await;
        assert_eq!(response["list"].as_array().unwrap().len(), 1);
        assert_eq!(response["list"][0]["id"], mine);
        assert_eq!(response["notFound"], json!([absent, foreign, "nonsense", "#nothing", beyond]));
    }
    let sizes = one(&node, "Blob/get", json!({"ids": [mine], "properties": ["size"]})).await;
    assert_eq!(sizes["list"], json!([{"id": mine, "size": 4}]));
    let nothing = one(&node, "Blob/get", json!({"ids": [mine], "properties": []})).await;
    assert_eq!(nothing["list"], json!([{"id": mine}]));
}

#[tokio::test]
async fn s4_2_parts_of_messages_are_blobs_too() {
    let node = Node::new().await;
    let raw = b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n";
    let email = node.deliver(raw, "2026-01-01T00:00:00Z").await.email;
    let get = json!({"ids": [email], "properties": ["blobId", "bodyStructure"]});
    let email = one(&node, "Email/get", get).await["list"][0].clone();
    let part = email["bodyStructure"]["blobId"].as_str().unwrap();
    let get = json!({"ids": [part, email["blobId"]], "properties": ["data", "size"], "length": 4});
    let list = one(&node, "Blob/get", get).await["list"].clone();
    assert_eq!(list[0], json!({"id": part, "data:asText": "hell", "size": 5}));
    assert_eq!((&list[1]["data:asText"], &list[1]["size"]), (&json!("Subj"), &json!(raw.len())));
    let sizes = one(&node, "Blob/get", json!({"ids": [part], "properties": ["size"]})).await;
    assert_eq!(sizes["list"], json!([{"id": part, "size": 5}]));
    let made = make(&node, json!({"data": [{"blobId": part, "offset": 1, "length": 3}]})).await;
    assert_eq!(text(&node, made["id"].as_str().unwrap()).await, "ell");
}

/// A response holds no more of blobs than a request may have.
#[tokio::test]
async fn s4_2_large_blobs_are_read_piece_by_piece() {
    let node = Node::new().await;
    let large = upload(&node, &vec![b'x'; 10_000_001]).await;
    let part = format!("p{}_0_6000000_i", &large[1..]);
    let other = format!("p{}_1_6000000_i", &large[1..]);
    for ids in [json!([large]), json!([part, other])] {
        assert_eq!(one(&node, "Blob/get", json!({"ids": ids})).await["type"], "requestTooLarge");
    }
    let get = json!({"ids": [large], "properties": ["data", "digest:sha-256"], "offset": 9_999_999});
    assert_eq!(one(&node, "Blob/get", get).await["list"][0]["data:asText"], "xx");
    let get = json!({"ids": [large], "properties": ["digest:sha-256", "size"]});
    assert_eq!(one(&node, "Blob/get", get).await["list"][0]["size"], 10_000_001);
    // Nor does one call read the same blob in many parts without end.
    let parts: Vec<String> = (0..30).map(|n| format!("p{}_{n}_5000000_i", &large[1..])).collect();
    let get = json!({"ids": parts, "properties": ["size"]});
    assert_eq!(one(&node, "Blob/get", get).await["type"], "requestTooLarge");
}

#[tokio::test]
async fn s4_3_a_blob_is_found_where_its_email_is() {
    let node = Node::new().await;
    let other = node.make_mailbox("Other", None).await;
    let raw = b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n";
    node.deliver_to(raw, "2026-01-01T00:00:00Z", &[node.inbox, other], &[]).await;
    let ids = one(&node, "Email/query", json!({})).await["ids"].clone();
    let get = json!({"ids": ids, "properties": ["blobId", "threadId", "bodyStructure"]});
    let email = one(&node, "Email/get", get).await["list"][0].clone();
    let (whole, part) = (&email["blobId"], &email["bodyStructure"]["blobId"]);
    let upload = upload(&node, b"in no email").await;
    let beyond = format!("p{}_0_9999_i", &whole.as_str().unwrap()[1..]);
    let lookup = json!({
        "typeNames": ["Mailbox", "Thread", "Email"],
        "ids": [whole, part, upload, beyond, "not-a-blob"],
    });
    let response = one(&node, "Blob/lookup", lookup).await;
    let here = json!({
        "Mailbox": [node.inbox.to_string(), other.to_string()],
        "Thread": [email["threadId"]],
        "Email": [email["id"]],
    });
    let nowhere = json!({"Mailbox": [], "Thread": [], "Email": []});
    assert_eq!(
        response,
        json!({
            "accountId": node.account,
            "list": [
                {"id": whole, "matchedIds": here},
                {"id": part, "matchedIds": here},
                {"id": upload, "matchedIds": nowhere},
                {"id": beyond, "matchedIds": nowhere},
            ],
            "notFound": ["not-a-blob"],
        })
    );
    let lookup = json!({"typeNames": ["Thread"], "ids": [whole]});
    let only = one(&node, "Blob/lookup", lookup).await["list"][0]["matchedIds"].clone();
    assert_eq!(only, json!({"Thread": [email["threadId"]]}));
}

/// §4.3: whether a blob is on the server that the user cannot see must not show.
#[tokio::test]
async fn s4_3_a_blob_elsewhere_is_as_one_nowhere() {
    let node = Node::new().await;
    let foreign = store_upload(&node.store, node.account, "else@example.org", b"not mine".to_vec().into())
        .await
        .unwrap();
    let absent = format!("b{}", "0".repeat(64));
    let lookup = json!({"typeNames": ["Email"], "ids": [foreign.to_string(), absent]});
    let response = one(&node, "Blob/lookup", lookup).await;
    let nowhere = json!({"Email": []});
    let list =
        json!([{"id": foreign.to_string(), "matchedIds": nowhere}, {"id": absent, "matchedIds": nowhere}]);
    assert_eq!((&response["list"], &response["notFound"]), (&list, &json!([])));
}

/// §4.3: "if a type name is not known by the server, or the associated capability has not been requested".
#[tokio::test]
async fn s4_3_unknown_data_types_are_an_error() {
    let node = Node::new().await;
    for name in ["Identity", "EmailSubmission", "email", "Nothing"] {
        let response = one(&node, "Blob/lookup", json!({"typeNames": ["Email", name], "ids": []})).await;
        assert_eq!(response["type"], "unknownDataType", "{name}");
    }
    let lookup = json!({"accountId": node.account, "typeNames": ["Email"], "ids": []});
    let responses = node.call(&[CORE, BLOB], json!([["Blob/lookup", lookup, "0"]])).await;
    assert_eq!(responses[0][1]["type"], "unknownDataType");
}
