//! What people type, and what they expect to find (RFC 8621 §4.4.1).

use serde_json::{Value, json};
use signet::wire::ids::EmailId;

use crate::support::Node;

async fn found(node: &Node, filter: Value) -> Vec<Value> {
    let found = node.one("Email/query", json!({"filter": filter})).await;
    found["ids"].as_array().unwrap_or_else(|| panic!("{found}")).clone()
}

/// Delivers a message, and looks what each text finds.
async fn expect(node: &Node, raw: &str, texts: &[&str], others: &[&str]) {
    let email = deliver(node, raw).await;
    for (text, is_expected) in
        texts.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false)))
    {
        let ids = found(node, json!({"text": text})).await;
        assert_eq!(ids.contains(&json!(email.to_string())), is_expected, "{text:?} in {raw:?}");
    }
}

async fn deliver(node: &Node, raw: &str) -> EmailId {
    node.deliver(raw.replace('\n', "\r\n").as_bytes(), "2026-03-01T08:00:00Z").await.email
}

fn plain(body: &str) -> String {
    format!("From: a@b.test\nContent-Type: text/plain; charset=utf-8\n\n{body}\n")
}

fn html(body: &str) -> String {
    format!("From: a@b.test\nContent-Type: text/html; charset=utf-8\n\n{body}\n")
}

#[tokio::test]
async fn letters_of_all_scripts_are_found_as_people_type_them() {
    let node = Node::new().await;
    for (body, texts, others) in [
        ("Müller café naïve", &["muller", "MÜLLER", "mu\u{308}ller", "cafe", "Naïve"][..], &["mueller"][..]),
        ("die Straße, GROẞ", &["strasse", "STRASSE", "straße", "gross"], &["strase"]),
        ("İstanbul ve ıssız", &["istanbul", "ISTANBUL", "ıstanbul", "issiz"], &[]),
        ("ὁ Ὀδυσσεύς, ΟΔΟΣ", &["οδυσσευς", "ΟΔΥΣΣΕΎΣ", "οδος", "ΟΔΟΣ"], &[]),
        ("Привет, Ёлка", &["привет", "ПРИВ", "елка", "ёлка"], &["ивет"]),
        ("مُحَمَّد كتب", &["محمد", "مُحَمَّد", "كت"], &["حمد"]),
        ("שָׁלוֹם עולם", &["שלום", "שָׁלוֹם", "עול"], &[]),
        ("한국어 검색", &["한국어", "한국", "검"], &["국어"]),
        ("ขอบคุณสำหรับข้าวผัด", &["ขอบคุณ", "ข้าวผัด", "ข้าว", "สำหรับ"], &["ผักกาด"]),
        ("tiếng Việt đường", &["tieng", "việt", "duong", "ĐƯỜNG"], &[]),
        ("東京都庁へ行く", &["東京", "京都庁", "都庁へ", "行", "庁"], &["京東", "都行"]),
        ("ＡＢＣ１２３ ｶﾞｷﾞ", &["abc123", "ガギ", "ガ"], &["カキ"]),
        ("привет мир", &["\"привет мир\""], &["\"мир привет\""]),
        ("thumbs 👍 up", &["thumbs up", "👍 up", "\"thumbs up\""], &["👍"]),
    ] {
        expect(&node, &plain(body), texts, others).await;
    }
}

#[tokio::test]
async fn numbers_names_and_addresses_are_found_with_their_punctuation_and_without() {
    let node = Node::new().await;
    for (body, texts, others) in [
        (
            "invoice 2024-0042",
            &["2024-0042", "0042", "2024", "\"2024-0042\"", "\"2024 0042\"", "2024-00"][..],
            &["42", "\"2024-00\"", "0042-2024"][..],
        ),
        (
            "DE89 3704 0044 0532 0130 00",
            &["\"DE89 3704 0044\"", "DE89 0532", "3704-0044"],
            &["\"3704 0532\"", "DE893704"],
        ),
        ("+49 (30) 1234-567", &["+49 30 1234", "1234-567", "\"(30) 1234\""], &["\"30 567\""]),
        ("Version 1.2.3 of v2", &["1.2.3", "1.2", "\"version 1.2.3\"", "v2"], &["1.3", "\"version 1.3\""]),
        (
            "https://www.example.com/a_b/page?id=77",
            &["example.com", "www.example.com", "page", "id=77", "a_b", "https://www.example.com/a_b"],
            &["example.org", "ample"],
        ),
        (
            "snake_case_name and e-mail",
            &["snake_case_name", "case", "snake_ca", "e-mail", "mail"],
            &["snake_name", "email"],
        ),
        (
            "write to Joe.Smith@mail.example.net!",
            &[
                "joe.smith@mail.example.net",
                "joe.smith",
                "smith@mail.example.net",
                "@mail.example.net",
                "example.net",
                "joe",
                "net",
            ],
            &["@example.net", "oe.smith", "joe.smith@example.net"],
        ),
        ("100% of $5 & \\ a'b \"c", &["100%", "$5", "a'b", "100_"], &["100%5", "1_0"]),
    ] {
        expect(&node, &plain(body), texts, others).await;
    }
    // What is in no word finds nothing alone.
    assert_eq!(found(&node, json!({"text": "%"})).await, Vec::<Value>::new());
}

#[tokio::test]
async fn html_is_found_as_it_is_read() {
    let node = Node::new().await;
    for (body, texts, others) in [
        ("<p>b<b>ol</b>d <i>words</i></p>", &["bold", "\"bold words\""][..], &["ol"][..]),
        ("<p>one</p><p>two</p><div>three</div>four", &["one", "\"two three\""], &["onetwo", "threefour"]),
        (
            "caf&eacute; &lt;tag&gt; &#83;ign &amp; more",
            &["cafe", "tag", "sign", "\"sign more\""],
            &["eacute", "amp"],
        ),
        (
            "<style>.hidden{}</style><script>var secret</script><!-- remark -->seen",
            &["seen"],
            &["hidden", "secret", "remark"],
        ),
        ("<img src=\"photo.png\" alt=\"our harbour\">", &["harbour"], &["photo"]),
    ] {
        expect(&node, &html(body), texts, others).await;
    }
}

#[tokio::test]
async fn whatever_the_encoding_words_are_words() {
    let node = Node::new().await;
    let head = "From: a@b.test\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=";
    for (raw, texts) in [
        (
            format!(
                "{head}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nsoft bre=\nak f=C3=BCr\n"
            ),
            ["break", "für", "grüße"],
        ),
        (
            format!(
                "{head}\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\nd/xsbGUgZulibGU=\n"
            ),
            ["wülle", "feble", "gruße"],
        ),
        (
            format!(
                "{head}\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nbody\n--x\nContent-Type: application/pdf;\n name*0*=utf-8''J%C3%A4nner;\n name*1=-bericht.pdf\n\n--x--\n"
            ),
            ["jänner", "bericht.pdf", "\"janner bericht\""],
        ),
    ] {
        expect(&node, &raw, &texts, &["nowhere"]).await;
    }
}

/// Nodes of the version before write email_text.
#[tokio::test]
async fn what_an_older_node_stores_is_found() {
    let node = Node::new().await;
    let email = deliver(&node, &plain("unlike")).await;
    let old = "DELETE FROM email_search;
               INSERT INTO email_text SELECT account_id, id,
                   '''@b.test'':1A ''a'':1A,7D ''a@b.test'':1A ''b'':2A,8D ''f:@b.test'':1A ''f:a'':1A ''f:a@b.test'':1A
                    ''f:b'':2A ''s:note'':4A ''note'':4A ''plan'':6C', E'\\nsubject:note' FROM email";
    node.database.client().batch_execute(old).await.unwrap();
    let id = vec![json!(email.to_string())];
    for (filter, is_found) in [
        (json!({"from": "a@b.test"}), true),
        (json!({"subject": "note"}), true),
        (json!({"body": "\"a b\""}), true),
        (json!({"body": "note"}), false),
        (json!({"text": "plan"}), true),
        (json!({"body": "plan"}), false),
        (json!({"header": ["subject", "note"]}), true),
        (json!({"text": "unlike"}), false),
    ] {
        assert_eq!(found(&node, filter.clone()).await == id, is_found, "{filter}");
    }
}
