//! What the text conditions of a filter search (RFC 8621 §4.4.1).

use super::address::EmailAddress;
use super::body_text;
use super::door::Message;
use super::header::Headers;
use super::header_form;
use super::structure::Structure;
use crate::text::Document;

/// How much text of bodies is searched, in octets.
const MAX_BODY: usize = 512 * 1024;

/// How much of one header field is searched, in octets.
const MAX_FIELD: usize = 8 * 1024;

/// How much of all header fields is searched, in octets: the first ones.
const MAX_HEADERS: usize = 128 * 1024;

/// How much of one address list or of the attachments' names is searched, in octets.
const MAX_LIST: usize = 64 * 1024;

/// The texts of a message that are searched, each decoded, unfolded and bounded. `structure` is the message's own.
pub fn search_text(message: &Message<'_>, structure: &Structure) -> Document {
    let headers = message.headers();
    let names = structure.parts().into_iter().filter_map(|part| part.name.clone());
    Document {
        from: addresses(&headers, "From"),
        to: addresses(&headers, "To"),
        cc: addresses(&headers, "Cc"),
        bcc: addresses(&headers, "Bcc"),
        subject: headers
            .last("Subject")
            .map(|field| bounded(header_form::text(field), MAX_FIELD))
            .unwrap_or_default(),
        body: body_text::searchable(message, structure, MAX_BODY),
        attachments: lines(names, MAX_LIST),
        headers: decoded(&headers),
    }
}

/// All the names and addresses of a field, one mailbox a line.
fn addresses(headers: &Headers<'_>, name: &str) -> String {
    let shown = |address: EmailAddress| match address.name {
        Some(name) => format!("{name} {}", address.email),
        None => address.email,
    };
    lines(headers.all(name).flat_map(header_form::addresses).map(shown), MAX_LIST)
}

fn decoded(headers: &Headers<'_>) -> Vec<(String, String)> {
    let mut left = MAX_HEADERS;
    let mut fields = Vec::new();
    for field in headers.iter() {
        let name = bounded(field.name().to_owned(), MAX_FIELD);
        let value = bounded(header_form::text(field), MAX_FIELD);
        match left.checked_sub(name.len() + value.len()) {
            Some(rest) => left = rest,
            None => break,
        }
        fields.push((name, value));
    }
    fields
}

fn lines(texts: impl Iterator<Item = String>, limit: usize) -> String {
    let mut joined = String::new();
    for text in texts {
        if joined.len() + text.len() > limit {
            break;
        }
        if !joined.is_empty() {
            joined.push('\n');
        }
        joined.push_str(&text);
    }
    joined
}

fn bounded(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(raw: &str) -> Document {
        let message = Message::parse(raw.as_bytes()).unwrap();
        search_text(&message, &message.structure())
    }

    const MESSAGE: &str = "\
From: =?utf-8?Q?J=C3=BCrgen?= <juergen@example.org>
To: a@example.com,
 Bea <b@example.com>
Subject: =?utf-8?B?w7xuaQ==?= party
X-Note: one
 two
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<head><title>unseen</title></head><p>Seen <img alt=\"described\">
--b
Content-Type: message/rfc822

Subject: Inner subject

Inner words
--b
Content-Type: application/pdf; name=report.pdf
Content-Transfer-Encoding: base64

aGlkZGVu
--b--
";

    #[test]
    fn everything_that_is_searched_is_found_in_its_place() {
        for ending in ["\n", "\r\n"] {
            let raw = MESSAGE.replace('\n', ending);
            let document = searched(&raw);
            assert_eq!(document.from, "Jürgen juergen@example.org");
            assert_eq!(document.to, "a@example.com\nBea b@example.com");
            assert_eq!((document.cc.as_str(), document.bcc.as_str()), ("", ""));
            assert_eq!(document.subject, "üni party");
            assert_eq!(document.attachments, "report.pdf");
            let words: Vec<_> = document.body.split_whitespace().collect();
            assert_eq!(words, ["Seen", "described", "Inner", "subject", "Inner", "words"]);
            assert!(document.headers.contains(&("X-Note".to_owned(), "one two".to_owned())));
        }
    }

    #[test]
    fn texts_are_bounded() {
        let raw = format!("X: {}\nSubject: x\n\n{}", "é".repeat(10_000), "wörter ".repeat(200_000));
        let document = searched(&raw);
        assert!(document.body.len() <= MAX_BODY && document.body.len() > MAX_BODY - 2);
        assert_eq!(document.headers.first().unwrap().1.len(), MAX_FIELD);
    }
}
