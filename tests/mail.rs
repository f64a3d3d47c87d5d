//! Reading mail: thousands of real messages, and bytes that are no messages at all.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use signet::mime::{
    BodyPart, BodyValue, EmailAddress, HeaderForm, HeaderValue, Message, Structure, Summary, search_text,
    thread_keys,
};
use signet::text::Document;
use walkdir::WalkDir;

/// Fetched by scripts/fetch-corpora.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/corpora/spam-assassin");

const FORMS: [HeaderForm; 7] = [
    HeaderForm::Raw,
    HeaderForm::Text,
    HeaderForm::Addresses,
    HeaderForm::GroupedAddresses,
    HeaderForm::MessageIds,
    HeaderForm::Date,
    HeaderForm::Urls,
];

#[test]
fn real_mail_reads_alike_with_lf_and_crlf() {
    let files = corpus();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers = files.chunks(files.len().div_ceil(2));
        let workers: Vec<_> = workers
            .map(|files| {
                scope.spawn(move || files.iter().filter_map(|file| differs(file)).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert_eq!(files.len(), 6046);
    assert!(wrong.is_empty(), "{} messages:\n{}", wrong.len(), wrong.join("\n"));
}

/// What real mail looks like as a whole: a change in these numbers is a change in how mail is read.
#[test]
fn real_mail_is_read_as_before() {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for file in corpus() {
        let raw = fs::read(file).unwrap();
        let message = Message::parse(&raw).unwrap();
        let structure = message.structure();
        let summary = Summary::with_structure(&message, &structure);
        let parts = structure.parts();
        for (name, holds) in [
            ("from", summary.from.as_ref().is_some_and(|from| !from.is_empty())),
            ("from without an at sign", summary.from.iter().flatten().any(|from| !from.email.contains('@'))),
            ("subject", summary.subject.is_some()),
            ("sent_at", summary.sent_at.is_some()),
            ("received_at", summary.received_at.is_some()),
            ("message_id", summary.message_id.is_some()),
            ("thread keys", !thread_keys(&summary).is_empty()),
            ("preview", !summary.preview.is_empty()),
            ("has_attachment", summary.has_attachment),
            ("multipart", structure.root.is_multipart()),
            ("html", parts.iter().any(|part| part.media_type == "text/html")),
            (
                "encoding problem",
                parts.iter().any(|part| part.is_text() && BodyValue::of(&raw, part, 0).is_encoding_problem),
            ),
        ] {
            *counts.entry(name).or_default() += usize::from(holds);
        }
    }
    insta::assert_debug_snapshot!(counts);
}

/// `None` if a message reads alike with both line ends, and keeps the promises of [`examine`].
fn differs(file: &Path) -> Option<String> {
    let lf = with_lf(&fs::read(file).unwrap());
    let crlf = with_crlf(&lf);
    let difference = match (Message::parse(&lf), Message::parse(&crlf)) {
        (Ok(one), Ok(other)) => {
            examine(&lf);
            examine(&crlf);
            if Summary::of(&one) != Summary::of(&other) {
                Some("another summary with CRLF")
            } else if outline(&one.structure()) != outline(&other.structure()) {
                Some("another structure with CRLF")
            } else {
                (searched(&one) != searched(&other)).then_some("another text to search with CRLF")
            }
        }
        _ => Some("does not parse"),
    };
    difference.map(|difference| format!("{}: {difference}", file.display()))
}

/// Carriage returns can also come out of a transfer encoding, where they meet the line ends around them.
fn searched(message: &Message<'_>) -> Document {
    let mut document = search_text(message, &message.structure());
    document.body.retain(|c| c != '\r');
    document
}

/// The tree without offsets and sizes, which depend on the line ends.
fn outline(structure: &Structure) -> Vec<(Option<String>, String, Option<String>)> {
    let parts = structure.parts().into_iter();
    parts.map(|part| (part.part_id.clone(), part.media_type.clone(), part.name.clone())).collect()
}

/// What holds for every message, however broken: nothing panics, no text holds U+0000, sizes are those of the data.
fn examine(raw: &[u8]) {
    let Ok(message) = Message::parse(raw) else { return };
    let structure = message.structure();
    let summary = Summary::with_structure(&message, &structure);
    assert!(summary.preview.chars().count() <= 256);
    thread_keys(&summary);
    for text in [&summary.preview, &summary.sort_from, &summary.sort_to, &summary.sort_subject] {
        assert_clean(text);
    }
    assert_clean_document(&search_text(&message, &message.structure()));
    let lists = structure.body_lists();
    for part in structure.parts() {
        assert_clean_part(part);
        if let Some(section) = part.section {
            assert_eq!(section.data(raw).unwrap().len(), part.size);
            let is_listed = |list: &[_]| list.contains(&part);
            assert!(
                is_listed(&lists.text_body) || is_listed(&lists.html_body) || is_listed(&lists.attachments)
            );
            let value = BodyValue::of(raw, part, 100);
            assert!(value.value.len() <= 100);
            assert_clean(&BodyValue::of(raw, part, 0).value);
        }
        for field in part.headers(raw).iter() {
            for form in FORMS {
                assert_clean_value(&form.value_of(field));
            }
        }
    }
}

fn assert_clean(text: &str) {
    assert!(!text.contains('\0'), "U+0000 in {text:?}");
}

fn assert_clean_value(value: &HeaderValue) {
    match value {
        HeaderValue::Text(text) => assert_clean(text),
        HeaderValue::Strings(strings) => strings.iter().for_each(|text| assert_clean(text)),
        HeaderValue::Addresses(addresses) => assert_clean_addresses(addresses),
        HeaderValue::GroupedAddresses(groups) => {
            for group in groups {
                assert_clean(group.name.as_deref().unwrap_or_default());
                assert_clean_addresses(&group.addresses);
            }
        }
        HeaderValue::All(values) => values.iter().for_each(assert_clean_value),
        HeaderValue::Null | HeaderValue::Date(_) => {}
    }
}

fn assert_clean_addresses(addresses: &[EmailAddress]) {
    for address in addresses {
        assert_clean(address.name.as_deref().unwrap_or_default());
        assert_clean(&address.email);
    }
}

fn assert_clean_document(document: &Document) {
    let Document { from, to, cc, bcc, subject, body, attachments, headers } = document;
    [from, to, cc, bcc, subject, body, attachments].into_iter().for_each(|text| assert_clean(text));
    for (name, value) in headers {
        assert_clean(name);
        assert_clean(value);
    }
}

fn assert_clean_part(part: &BodyPart) {
    let texts = [&part.part_id, &part.name, &part.charset, &part.disposition, &part.cid, &part.location];
    texts.into_iter().flatten().chain(part.language.iter().flatten()).for_each(|text| assert_clean(text));
    assert_clean(&part.media_type);
}

pub fn corpus() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = WalkDir::new(CORPUS)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    assert!(
        !files.is_empty(),
        "{CORPUS} holds no messages.\nThey are not in the repository; fetch them with: scripts/fetch-corpora"
    );
    files.sort();
    files
}

fn with_lf(raw: &[u8]) -> Vec<u8> {
    let mut lf = Vec::with_capacity(raw.len());
    for (at, &octet) in raw.iter().enumerate() {
        if !(octet == b'\r' && raw.get(at + 1) == Some(&b'\n')) {
            lf.push(octet);
        }
    }
    lf
}

fn with_crlf(lf: &[u8]) -> Vec<u8> {
    lf.split_inclusive(|&octet| octet == b'\n')
        .flat_map(|line| match line.strip_suffix(b"\n") {
            Some(content) => [content, b"\r\n"].concat(),
            None => line.to_vec(),
        })
        .collect()
}

/// Pieces that mail is made of, so that random sequences of them reach deep into the parsers.
fn mail_like() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(
        &[
            "Content-Type: ",
            "multipart/mixed; ",
            "multipart/alternative; ",
            "multipart/digest; ",
            "boundary=b",
            "boundary=\"b",
            "message/rfc822",
            "text/html; ",
            "charset=",
            "utf-8",
            "utf-16",
            "iso-2022-jp",
            "x-unheard-of",
            "\n",
            "\r\n",
            "\n\n",
            "\r\n\r\n",
            "--b\n",
            "--b--\n",
            "\r\n--b\r\n",
            "--b",
            "From: ",
            "To: ",
            "Date: ",
            "Subject: ",
            "Received: ",
            "Message-ID: ",
            "References: ",
            "Content-Transfer-Encoding: ",
            "base64",
            "quoted-printable",
            "Content-Disposition: ",
            "attachment; ",
            "filename*0*=",
            "filename=",
            "utf-8''",
            "%00",
            "=00",
            "=?utf-8?Q?",
            "=?utf-8?B?AAAA?=",
            "?=",
            "=?",
            "<",
            ">",
            "@",
            "\"",
            "\\",
            "(",
            ")",
            ",",
            ";",
            ":",
            "[",
            "]",
            "a",
            "é",
            " ",
            "\t",
            "\0",
            "=",
            "=\n",
            "&#0;",
            "&amp;",
            "<p>",
            "<!--",
            "<script>",
            "</",
            "Fri, 21 Nov 1997 09:55:06 -0600",
            "99999999999",
            "(fwd)",
            "Re: ",
            "[fwd:",
            "-",
        ][..],
    );
    let piece = prop_oneof![
        8 => pieces.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_on_arbitrary_bytes(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        examine(&raw);
        examine(&[b"Subject: x\n", &raw[..]].concat());
    }

    #[test]
    fn nothing_panics_on_what_looks_like_mail(raw in mail_like()) {
        examine(&raw);
        examine(&[b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", &raw[..]].concat());
    }
}

/// A message within a message within …: on a thread's usual stack.
#[test]
fn deep_nesting_and_many_multiparts_cost_neither_stack_nor_hours() {
    let nested = "Content-Type: message/rfc822\n\n".repeat(100_000);
    examine(nested.as_bytes());
    let encoded = base64_lines(nested.as_bytes());
    examine(
        format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}").as_bytes(),
    );
    let digests = "Content-Type: multipart/digest; boundary=b\n\n--b\n\n".repeat(50_000);
    examine(digests.as_bytes());
    let multiparts: String = (0..20_000)
        .map(|number| format!("Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n"))
        .collect();
    examine(multiparts.as_bytes());
}

fn base64_lines(octets: &[u8]) -> String {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    encoded.as_bytes().chunks(76).map(|line| format!("{}\n", std::str::from_utf8(line).unwrap())).collect()
}
