//! Building messages (RFC 5322, RFC 2045): from header fields in the forms of RFC 8621 §4.1.2 and a tree of parts to
//! the octets of a message.
//!
//! Whatever the values are, they stay inside of their place: no value ends a header field, an address or a part. What
//! the readers of this room make of a built message is what went into it; where mail cannot say something, the
//! functions tell what they leave out.

mod address;
mod encoded;
mod entity;
mod field;
mod fold;
mod parameters;
mod transfer;

pub use entity::{Content, ContentType, Entity, message};
pub use field::{Field, Unwritable};
pub use parameters::is_token;

#[cfg(test)]
mod tests;
