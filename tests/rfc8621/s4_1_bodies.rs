//! RFC 8621 §4.1.4: body parts, body values, the lists to display, attachments, preview.

use serde_json::{Value, json};

use crate::support::Node;
use crate::support::letter::{Letter, letter};

/// A letter of this type with this body.
fn of_type(id: &str, content_type: &str, body: &str) -> Letter {
    letter(id)
        .field("MIME-Version", "1.0")
        .field("Content-Type", content_type)
        .body(&body.replace('\n', "\r\n"))
}

async fn get(node: &Node, letter: &Letter, arguments: Value) -> Value {
    let email = node.deliver(&letter.bytes(), "2026-03-01T08:00:00Z").await.email;
    let mut arguments = arguments;
    arguments["ids"] = json!([email]);
    let got = node.one("Email/get", arguments).await;
    assert!(got["list"].is_array(), "{got}");
    got["list"][0].clone()
}

/// The example of §4.1.4: a message of many parts after a list put a header and a footer to it.
#[tokio::test]
async fn the_example_is_taken_apart_as_the_rfc_says() {
    let node = Node::new().await;
    let part = |name: &str, head: &str| format!("{head}\nContent-Description: {name}\n\n{name}\n");
    let multi = |subtype: &str, boundary: &str, parts: &[String]| {
        let parts: String = parts.iter().map(|part| format!("--{boundary}\n{part}")).collect();
        format!("Content-Type: multipart/{subtype}; boundary={boundary}\n\n{parts}--{boundary}--\n")
    };
    let text = "Content-Type: text/plain\nContent-Disposition: inline";
    let related = multi(
        "related",
        "b5",
        &[part("E", "Content-Type: text/html"), part("F", "Content-Type: image/jpeg")],
    );
    let mixed = multi(
        "mixed",
        "b4",
        &[
            part("B", text),
            part("C", "Content-Type: image/jpeg\nContent-Disposition: inline"),
            part("D", text),
        ],
    );
    let alternative = multi("alternative", "b3", &[mixed, related]);
    let inner = multi(
        "mixed",
        "b2",
        &[
            alternative,
            part("G", "Content-Type: image/jpeg\nContent-Disposition: attachment"),
            part("H", "Content-Type: application/x-excel"),
            format!("Content-Type: message/rfc822\nContent-Description: J\n\n{}\n", "Subject: J\n\nJ"),
        ],
    );
    let body = format!("--b1\n{}--b1\n{inner}--b1\n{}--b1--", part("A", text), part("K", text));
    let message = of_type("1", "multipart/mixed; boundary=b1", &body);
    let lists = ["textBody", "htmlBody", "attachments"];
    let arguments = json!({"properties": lists, "bodyProperties": ["header:Content-Description:asText"]});
    let got = get(&node, &message, arguments).await;
    let names = |list: &str| -> Vec<&str> {
        let parts = got[list].as_array().unwrap().iter();
        parts.map(|part| part["header:Content-Description:asText"].as_str().unwrap()).collect()
    };
    assert_eq!(names("textBody"), ["A", "B", "C", "D", "K"]);
    assert_eq!(names("htmlBody"), ["A", "E", "K"]);
    assert_eq!(names("attachments"), ["C", "F", "G", "H", "J"]);
}

/// All properties of an EmailBodyPart.
#[tokio::test]
async fn parts_have_all_their_properties() {
    let node = Node::new().await;
    let body = "--x\nContent-Type: text/html; charset=ISO-8859-1; name=\"=?utf-8?q?n=C3=A4me?=\"\nContent-Transfer-Encoding: quoted-printable\n\
        Content-Id: <part1@x>\nContent-Language: de, en\nContent-Location: http://x/y\nContent-Disposition: inline\n\n<p>=FC</p>\n\
        --x\nContent-Type: application/pdf; name=wrong.pdf\nContent-Disposition: attachment; filename*=utf-8''r%C3%A4port.pdf\nContent-Transfer-Encoding: base64\n\nAAEC\n\
        --x\n\nneither type nor anything else\n\
        --x--";
    let message = of_type("1", "multipart/mixed; boundary=x", body);
    let bodies = json!([
        "partId",
        "blobId",
        "size",
        "headers",
        "name",
        "type",
        "charset",
        "disposition",
        "cid",
        "language",
        "location",
        "subParts",
        "header:Content-Transfer-Encoding:asText"
    ]);
    let got = get(&node, &message, json!({"properties": ["bodyStructure"], "bodyProperties": bodies})).await;
    insta::assert_json_snapshot!(got["bodyStructure"]);
}

/// bodyValues: decoded, CRLF as LF, and honest about what could not be decoded.
#[tokio::test]
async fn body_values_are_decoded_as_well_as_can_be() {
    let node = Node::new().await;
    for (id, (encoding, content_type, body, value, is_problem)) in [
        ("7bit", "text/plain", "a\nb", "a\nb\n", false),
        ("quoted-printable", "text/plain; charset=iso-8859-1", "Gr=FC=DFe=\n!", "Grüße!\n", false),
        ("base64", "text/plain; charset=utf-8", "R3LDvMOfZQ==", "Grüße", false),
        ("quoted-printable", "text/plain; charset=utf-8", "=FF=41", "\u{fffd}A\n", true),
        ("7bit", "text/plain; charset=nonsense", "plain", "plain\n", true),
        ("x-nonsense", "text/plain", "plain", "plain\n", true),
        ("quoted-printable", "text/plain; charset=windows-1252", "=80", "€\n", false),
        ("quoted-printable", "text/plain; charset=utf-8", "a=00b", "ab\n", false),
    ]
    .into_iter()
    .enumerate()
    {
        let message =
            of_type(&id.to_string(), content_type, body).field("Content-Transfer-Encoding", encoding);
        let got =
            get(&node, &message, json!({"properties": ["bodyValues"], "fetchTextBodyValues": true})).await;
        let values = got["bodyValues"].as_object().unwrap();
        let [(_, told)] = values.iter().collect::<Vec<_>>()[..] else { panic!("{got}") };
        let text = told["value"].as_str().unwrap();
        // Whether a NUL is dropped or replaced is not told; that it does not come through is what counts.
        let text = text.replace('\0', "");
        assert_eq!(
            (text.as_str(), &told["isEncodingProblem"]),
            (value, &json!(is_problem)),
            "{encoding} {content_type} {body}"
        );
        assert_eq!(told["isTruncated"], json!(false));
    }
}

/// hasAttachment: something to download that is not inline.
#[tokio::test]
async fn what_can_be_downloaded_is_an_attachment() {
    let node = Node::new().await;
    let with = |head: &str| format!("--x\nContent-Type: text/plain\n\ntext\n--x\n{head}\n\ndata\n--x--");
    for (id, (head, has_attachment)) in [
        ("Content-Type: application/pdf\nContent-Disposition: attachment", true),
        ("Content-Type: application/pdf", true),
        ("Content-Type: image/png\nContent-Disposition: attachment; filename=a.png", true),
        ("Content-Type: text/plain", false),
        ("Content-Type: message/rfc822", true),
    ]
    .into_iter()
    .enumerate()
    {
        let message = of_type(&id.to_string(), "multipart/mixed; boundary=x", &with(head));
        let got = get(&node, &message, json!({"properties": ["hasAttachment"]})).await;
        assert_eq!(got["hasAttachment"], json!(has_attachment), "{head}");
    }
    let got = get(&node, &letter("plain"), json!({"properties": ["hasAttachment", "attachments"]})).await;
    assert_eq!((&got["hasAttachment"], &got["attachments"]), (&json!(false), &json!([])));
}

/// preview: "A plaintext fragment of the message body", which "MUST NOT be more than 256 characters in length".
#[tokio::test]
async fn a_preview_is_plain_and_short() {
    let node = Node::new().await;
    let long =
        letter("1").field("Content-Type", "text/plain; charset=utf-8").body(&"schöne Grüße 🎉 ".repeat(200));
    let got = get(&node, &long, json!({"properties": ["preview"]})).await;
    let preview = got["preview"].as_str().unwrap();
    assert!(preview.starts_with("schöne Grüße 🎉") && preview.chars().count() <= 256, "{preview}");
    let html = of_type(
        "2",
        "text/html",
        "<head><title>T</title><style>p{}</style></head><p>Dear&nbsp;Bob &amp; all,</p><script>x()</script>",
    );
    let got = get(&node, &html, json!({"properties": ["preview"]})).await;
    let preview = got["preview"].as_str().unwrap().replace('\u{a0}', " ");
    assert_eq!(preview.trim(), "Dear Bob & all,");
    let empty = get(&node, &letter("3").body(""), json!({"properties": ["preview"]})).await;
    assert_eq!(empty["preview"], "");
}
