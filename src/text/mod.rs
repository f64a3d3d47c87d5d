//! Words for text search (RFC 8621 §4.4.1): one way to cut text into words, for the index and for the query alike.
//!
//! A [`Document`] becomes the `words` (a tsvector) and `headers` of a row of `email_text`; a client's text becomes
//! a [`TextQuery`] (a tsquery) over the same words. There is no stemming and no list of stop words, so the two
//! sides cannot differ; that "exam" finds "example" follows from matching the beginnings of words.
//!
//! How the fields are kept apart in one tsvector:
//!
//! - every word stands there plain, with weight D for the body, C for the names of attachments, A for the header
//!   fields: `text` looks for the plain word, `body` for the plain word with weight D;
//! - the words of From, To, Cc, Bcc and Subject stand there a second time behind a letter and a colon (`f:alice`).
//!   A colon is in no word, and the index alone answers, where a weight would have to be read from the row.

mod document;
mod fold;
mod highlight;
mod query;
mod words;

pub use document::Document;
pub use fold::fold;
pub use highlight::highlights;
pub use query::{Field, Pattern, TextQuery, needles, patterns, query};
pub use words::{Kind, Word, words};
