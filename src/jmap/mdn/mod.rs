//! MDN (RFC 9007): notifications that a message was read, as objects.

mod compose;
mod object;
pub mod parse;
mod request;
pub mod send;
