//! Words for text search (RFC 8621 §4.4.1): one way to cut text into words, for the index and for the query alike.
//!
//! A [`Document`] becomes the columns `fields`, `body` and `headers` of a row of `email_search`; a client's text becomes
//! a [`TextQuery`] over the same words. There is no stemming and no list of stop words, so the two
//! sides cannot differ; that "exam" finds "example" follows from matching the beginnings of words.
//!
//! The words stand in the order of the text, with a space between them: those of the body as they are, those of From, To,
//! Cc, Bcc, Subject and of the names of attachments behind a letter and a colon (`f:alice`). A colon is in no word. An
//! index holds which words a row has; it alone answers for one word, or several in any order. Whether words follow each
//! other is then seen in the row, by LIKE. `text` asks for the word in each of the seven places: that is less work than a
//! second entry of each word for whoever reads and whoever writes.

mod document;
mod fold;
mod highlight;
mod query;
mod words;

pub use document::Document;
pub use fold::fold;
pub use highlight::highlights;
pub use query::{Field, Pattern, Search, TextQuery, needles, patterns, query};
pub use words::{Kind, Word, words};
