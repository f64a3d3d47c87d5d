//! Messages as bytes: the one door to the parser, body structure, header forms, previews, threading keys.

mod address;
mod door;

pub use address::EmailAddress;
pub use door::{Message, Unreadable};
