//! The one door to the MIME parser: everything that reads a message comes through here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::MessageParser;

/// A message that the parser has read. Borrowed from its bytes, which stay as they came.
pub struct Message<'a> {
    raw: &'a [u8],
    parsed: mail_parser::Message<'a>,
}

/// Bytes that are no message: empty, larger than the parser's offsets can say, or more than it can take.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
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
        let parsed = catch_unwind(AssertUnwindSafe(|| MessageParser::default().parse(raw)))
            .map_err(|_| Unreadable::ParserFailed)?
            .ok_or(Unreadable::NoHeader)?;
        Ok(Self { raw, parsed })
    }

    /// The bytes as they came.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The parser's own view, for the rooms that walk the MIME tree.
    pub(crate) fn parsed(&self) -> &mail_parser::Message<'a> {
        &self.parsed
    }
}
