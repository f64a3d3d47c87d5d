//! The one door to the MIME parser: everything that reads a message comes through here.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{HeaderName, MessageParser};

use super::header::Headers;
use super::nesting;
use super::structure::Structure;

/// A message that the parser has read. Borrowed from its bytes, which stay as they came.
pub struct Message<'a> {
    raw: &'a [u8],
    parsed: mail_parser::Message<'a>,
}

/// Bytes that are no message: empty, larger than the parser's offsets can say, or more than it can take.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing that looks like a header was found.
    #[error("no header fields were found")]
    NoHeader,
    /// More than 4 GiB.
    #[error("the message is too large")]
    TooLarge,
    /// The parser gave up on hostile input.
    #[error("the message cannot be parsed")]
    ParserFailed,
}

impl<'a> Message<'a> {
    /// Reads `raw` as a message (RFC 5322, RFC 2045).
    pub fn parse(raw: &'a [u8]) -> Result<Self, Unreadable> {
        if u32::try_from(raw.len()).is_err() {
            return Err(Unreadable::TooLarge);
        }
        // The parser has panicked on hostile input before; one message must not take the request down with it.
        let parsed = catch_unwind(AssertUnwindSafe(|| parse(raw)))
            .map_err(|_| Unreadable::ParserFailed)?
            .filter(|parsed| !parsed.parts.is_empty())
            .ok_or(Unreadable::NoHeader)?;
        let message = Self { raw, parsed };
        if message.headers().iter().next().is_none() { Err(Unreadable::NoHeader) } else { Ok(message) }
    }

    /// The bytes as they came.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The header fields of the message itself.
    pub fn headers(&self) -> Headers<'a> {
        let end = self.parsed.parts.first().map_or(0, |root| root.offset_body as usize);
        Headers::parse(self.raw.get(..end).unwrap_or_default())
    }

    /// The MIME tree as EmailBodyParts (RFC 8621 §4.1.4).
    pub fn structure(&self) -> Structure {
        Structure::of(self)
    }

    /// The parser's own view, for the rooms that walk the MIME tree.
    pub(crate) fn parsed(&self) -> &mail_parser::Message<'a> {
        &self.parsed
    }
}

/// The parser's view of a message. Its texts come from the bounded copy, if there has to be one; its offsets hold for `raw`.
fn parse(raw: &[u8]) -> Option<mail_parser::Message<'_>> {
    match nesting::bounded(raw) {
        Cow::Borrowed(raw) => parser().parse(raw),
        Cow::Owned(copy) => parser().parse(&copy).map(mail_parser::Message::into_owned),
    }
}

/// A parser that reads no more of the header than the tree hangs on. Its readers of dates and the like can run past the end of
/// their field, into the body; the forms of header fields are read from the bytes instead.
fn parser() -> MessageParser {
    MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_where_the_empty_line_is() {
        for field in [
            "Date: Mon, 26 Aug 2002 14:13:15 UT",
            "From: \"unclosed",
            "Received: from a",
            "Subject: =?utf-8?Q?a",
        ] {
            for ending in ["\n", "\r\n"] {
                let raw = format!("X: y\n{field}\n\n\nBody: text\n").replace('\n', ending);
                let message = Message::parse(raw.as_bytes()).unwrap();
                assert_eq!(message.headers().iter().count(), 2, "{field}");
                let body = message.structure().root.section.unwrap();
                assert_eq!(&raw[body.offset..], "\nBody: text\n".replace('\n', ending), "{field}");
            }
        }
    }

    #[test]
    fn what_has_no_header_is_no_message() {
        assert_eq!(Message::parse(b"").err(), Some(Unreadable::NoHeader));
        assert_eq!(Message::parse(b"junk").err(), Some(Unreadable::NoHeader));
    }
}
