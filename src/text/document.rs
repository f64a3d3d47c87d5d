//! What is searched of one email, and the two columns that it fills.

use std::collections::HashMap;
use std::fmt::Write;

use super::fold::fold;
use super::words::words;

/// More of a header field or of the names of attachments is not searched.
const MAX_FIELD_BYTES: usize = 64 << 10;
/// More of a body is not searched.
const MAX_BODY_BYTES: usize = 1 << 20;
/// What the words of one field may take of the tsvector, which PostgreSQL limits to 1 MiB: six fields of headers
/// and the body stay below it together. New words beyond are not found; words seen before still are.
const MAX_FIELD_SPACE: usize = 48 << 10;
const MAX_BODY_SPACE: usize = 512 << 10;
/// PostgreSQL knows positions up to 16,383. The headers share the first half. What stands further back is found,
/// but in no phrase; it all gets the last position, and no word the one before, so that no false phrase appears.
const LAST_HEADER_POSITION: usize = 8_000;
const LAST_BODY_POSITION: usize = 16_383;
/// PostgreSQL keeps 256 positions of a lexeme. Headers leave room for the body's, whose weight is looked for.
const MAX_HEADER_POSITIONS: usize = 100;
const MAX_POSITIONS: usize = 255;
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
    /// The column `email_text.words`, as the text of a tsvector with positions and weights.
    ///
    /// Valid for PostgreSQL whatever the document holds, and within its limits; the constants of this file say
    /// what is cut.
    pub fn words(&self) -> String {
        let mut vector = Vector::default();
        vector.add_header(&self.from, 'A', Some('f'));
        vector.add_header(&self.to, 'A', Some('t'));
        vector.add_header(&self.cc, 'A', Some('c'));
        vector.add_header(&self.bcc, 'A', Some('b'));
        vector.add_header(&self.subject, 'A', Some('s'));
        vector.add_header(&self.attachments, 'C', None);
        vector.add_body(&self.body);
        vector.into_text()
    }

    /// The column `email_text.headers`: for each header field a line feed, its name in lower case, a colon, and
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

/// A tsvector under construction: for each lexeme its positions with weights.
#[derive(Default)]
struct Vector {
    lexemes: HashMap<String, Vec<(usize, char)>>,
    next_position: usize,
}

impl Vector {
    fn add_header(&mut self, text: &str, weight: char, prefix: Option<char>) {
        let mut space = MAX_FIELD_SPACE;
        self.add(cut(text, MAX_FIELD_BYTES), LAST_HEADER_POSITION, |vector, word, position| {
            if let Some(prefix) = prefix {
                vector.place(
                    format!("{prefix}:{word}"),
                    (position, weight),
                    MAX_HEADER_POSITIONS,
                    &mut space,
                );
            }
            vector.place(word, (position, weight), MAX_HEADER_POSITIONS, &mut space);
        });
    }

    fn add_body(&mut self, text: &str) {
        let mut space = MAX_BODY_SPACE;
        self.add(cut(text, MAX_BODY_BYTES), LAST_BODY_POSITION, |vector, word, position| {
            vector.place(word, (position, 'D'), MAX_POSITIONS, &mut space);
        });
    }

    fn add(&mut self, text: &str, last: usize, mut place: impl FnMut(&mut Self, String, usize)) {
        let first = self.next_position + 1;
        let mut end = first;
        for word in words(text) {
            let position = first + word.place;
            end = end.max(position);
            place(self, word.text, if position > last - 2 { last } else { position });
        }
        // A gap, so that no phrase begins in one field and ends in the next.
        self.next_position = (end + 1).min(last);
    }

    fn place(&mut self, lexeme: String, position: (usize, char), most: usize, space: &mut usize) {
        // An entry, its alignment and the count of positions; then two bytes for each position.
        const ENTRY: usize = 8;
        let known = self.lexemes.get(&lexeme);
        if known.is_some_and(|positions| positions.len() >= most || positions.last() == Some(&position)) {
            return;
        }
        let cost = 2 + if known.is_some() { 0 } else { lexeme.len() + ENTRY };
        if cost <= *space {
            *space -= cost;
            self.lexemes.entry(lexeme).or_default().push(position);
        }
    }

    fn into_text(self) -> String {
        let mut lexemes: Vec<_> = self.lexemes.into_iter().collect();
        lexemes.sort();
        let mut text = String::new();
        for (lexeme, positions) in lexemes {
            // No lexeme holds a quote or a backslash: words are letters, digits and what addresses are made of.
            let _ = write!(text, "'{lexeme}'");
            for (index, (position, weight)) in positions.into_iter().enumerate() {
                let _ = write!(text, "{}{position}{weight}", if index == 0 { ':' } else { ',' });
            }
            text.push(' ');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_kept_apart_and_positions_leave_gaps() {
        let document = Document {
            from: "Joe <joe@example.com>".to_owned(),
            subject: "Plan B".to_owned(),
            body: "Joe's plan".to_owned(),
            attachments: "plan.pdf".to_owned(),
            ..Document::default()
        };
        assert_eq!(
            document.words(),
            "'@example.com':3A 'b':13A 'com':4A 'example':3A 'f:@example.com':3A 'f:com':4A 'f:example':3A \
             'f:joe':1A,2A 'f:joe@example.com':2A 'joe':1A,2A,18D 'joe@example.com':2A 'pdf':16C \
             'plan':12A,15C,20D 's':19D 's:b':13A 's:plan':12A "
        );
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
            body: format!("{} {distinct} tail words", "same ".repeat(20_000)),
            attachments: "x".repeat(1 << 20),
            headers: vec![
                ("X\nFrom".to_owned(), "a\r\n b\0\nfrom:c".to_owned()),
                ("Y".to_owned(), "y".repeat(1 << 20)),
            ],
        };
        let words = document.words();
        assert!(words.len() < 2 << 20, "{}", words.len());
        for lexeme in words.split("' ").flat_map(|entry| entry.split("':").next()) {
            assert!(lexeme.len() < 600, "{lexeme}");
        }
        for entry in words.trim_end().split(' ') {
            let positions: Vec<&str> = entry.rsplit_once(':').unwrap().1.split(',').collect();
            assert!(positions.len() <= MAX_POSITIONS, "{entry}");
            for position in positions {
                let number: usize = position.trim_end_matches(char::is_alphabetic).parse().unwrap();
                assert!((1..=LAST_BODY_POSITION).contains(&number), "{entry}");
            }
        }
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
