//! What is searched of one email, and the columns that it fills.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::fold::fold;
use super::words::{Kind, Word, words};

/// More of a header field or of the names of attachments is not searched.
const MAX_FIELD_BYTES: usize = 64 << 10;
/// More of a body is not searched.
const MAX_BODY_BYTES: usize = 1 << 20;
/// What the distinct words of one field may take of the index's tsvector, which PostgreSQL limits to 1 MiB: six fields
/// of headers and the body stay below it together. New words beyond are not found; words seen before still are.
const MAX_FIELD_SPACE: usize = 48 << 10;
const MAX_BODY_SPACE: usize = 512 << 10;
/// Stands where words were left out, so that no false phrase appears. No query holds it.
const GAP: &str = ".";
/// More of the header fields is not searched by the condition `header`.
const MAX_HEADERS_BYTES: usize = 128 << 10;
const MAX_HEADER_VALUE_BYTES: usize = 8 << 10;

/// The searchable text of one email (RFC 8621 §4.4.1), decoded, before folding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Display names and addresses of From.
    pub from: String,
    /// Display names and addresses of To.
    pub to: String,
    /// Display names and addresses of Cc.
    pub cc: String,
    /// Display names and addresses of Bcc.
    pub bcc: String,
    /// Subject.
    pub subject: String,
    /// The text of the body parts, markup removed.
    pub body: String,
    /// The names of the attachments.
    pub attachments: String,
    /// Every header field of the message, name and decoded value.
    pub headers: Vec<(String, String)>,
}

impl Document {
    /// The column `email_search.fields`: the week of receivedAt, by which lists go through time, and the words of the header fields, each behind the letter of its field.
    ///
    /// Valid for PostgreSQL whatever the document holds, and within its limits; the constants of this file say
    /// what is cut.
    pub fn fields(&self, received_at: DateTime<Utc>) -> String {
        let mut text = format!("w:{}", received_at.timestamp().div_euclid(7 * 86_400));
        for (prefix, field) in [
            ("f:", &self.from),
            ("t:", &self.to),
            ("c:", &self.cc),
            ("b:", &self.bcc),
            ("s:", &self.subject),
            ("a:", &self.attachments),
        ] {
            push_words(&mut text, prefix, cut(field, MAX_FIELD_BYTES), MAX_FIELD_SPACE);
        }
        text
    }

    /// The column `email_search.body`: the words of the body, a space before each.
    pub fn body(&self) -> String {
        let mut text = String::new();
        push_words(&mut text, "", cut(&self.body, MAX_BODY_BYTES), MAX_BODY_SPACE);
        text
    }

    /// The column `email_search.headers`: for each header field a line feed, its name in lower case, a colon, and
    /// its value, folded, with each run of white space as one space.
    pub fn headers_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.headers {
            let name = single_spaced(&fold(cut(name, MAX_HEADER_VALUE_BYTES)));
            let value = single_spaced(&fold(cut(value, MAX_HEADER_VALUE_BYTES)));
            if text.len() + name.len() + value.len() + 2 > MAX_HEADERS_BYTES {
                break;
            }
            text.extend(["\n", &name, ":", &value]);
        }
        text
    }
}

/// Leaves neither line feeds nor other control characters: a value cannot pretend to be the next field.
pub(super) fn single_spaced(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Adds the words of a field in the order of the text, a space before each. Addresses come first: behind a plain word
/// one could be taken for the next word of a phrase.
fn push_words(text: &mut String, prefix: &str, field: &str, mut space: usize) {
    let words = words(field);
    let (addresses, plain): (Vec<&Word>, Vec<&Word>) =
        words.iter().partition(|word| word.kind == Kind::Address);
    let mut known = HashSet::new();
    let mut follows_gap = false;
    for word in addresses.into_iter().chain(plain) {
        let word = word.text.as_str();
        // The word itself, and what a tsvector holds of each.
        let cost = prefix.len() + word.len() + 4;
        if known.contains(word) || cost <= space {
            if known.insert(word) {
                space -= cost;
            }
            text.extend([" ", prefix, word]);
            follows_gap = false;
        } else if !follows_gap {
            text.extend([" ", GAP]);
            follows_gap = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_20000: DateTime<Utc> = DateTime::from_timestamp(20_000 * 86_400 + 1, 0).unwrap();

    #[test]
    fn words_stand_in_their_order_behind_their_fields() {
        let document = Document {
            from: "Joe <joe@example.com>".to_owned(),
            subject: "Plan B".to_owned(),
            body: "Joe's plan: bo@x.org".to_owned(),
            attachments: "plan.pdf".to_owned(),
            ..Document::default()
        };
        assert_eq!(
            document.fields(DAY_20000),
            "w:2857 f:@example.com f:joe@example.com f:joe f:joe f:example f:com s:plan s:b a:plan a:pdf"
        );
        assert_eq!(document.body(), " @x.org bo@x.org joe s plan bo x org");
    }

    #[test]
    fn weeks_before_1970_are_counted_too() {
        let fields = |seconds| Document::default().fields(DateTime::from_timestamp(seconds, 0).unwrap());
        assert_eq!(fields(0), "w:0");
        assert_eq!(fields(-1), "w:-1");
        assert_eq!(fields(-7 * 86_400 - 1), "w:-2");
    }

    #[test]
    fn hostile_documents_stay_within_the_limits() {
        let distinct: String = (0..300_000).map(|n| format!("w{n} ")).collect();
        let document = Document {
            from: distinct.clone(),
            to: "same ".repeat(100_000),
            cc: "a@b.".repeat(50_000),
            bcc: "'\\:*&|!<->()\0\u{FFFF}".repeat(1000),
            subject: distinct.clone(),
            body: format!("{} {} tail words w7 w8", "same ".repeat(20_000), &distinct[..800_000]),
            attachments: "x".repeat(1 << 20),
            headers: vec![
                ("X\nFrom".to_owned(), "a\r\n b\0\nfrom:c".to_owned()),
                ("Y".to_owned(), "y".repeat(1 << 20)),
            ],
        };
        let (fields, body) = (document.fields(DAY_20000), document.body());
        let all = format!("{fields}{body}");
        let lexemes: HashSet<&str> = all.split(' ').collect();
        assert!(lexemes.iter().all(|lexeme| !lexeme.is_empty() && lexeme.len() < 600));
        let space: usize = lexemes.iter().map(|lexeme| lexeme.len() + 4).sum();
        assert!(space < 1 << 20, "{space}");
        assert!(body.starts_with(" same same") && body.ends_with(" . w7 w8"), "{}", &body[body.len() - 40..]);
        let headers = document.headers_text();
        assert!(headers.starts_with("\nx from:a b from:c\ny:yyy"), "{}", &headers[..40]);
        assert!(headers.len() <= MAX_HEADERS_BYTES);
    }

    #[test]
    fn headers_fold_like_words() {
        let document = Document {
            headers: vec![("Subject".to_owned(), " Ångström\r\n\tUnits ".to_owned())],
            ..Document::default()
        };
        assert_eq!(document.headers_text(), "\nsubject:angstrom units");
    }
}
