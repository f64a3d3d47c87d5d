//! Messages as bytes: the one door to the parser, body structure, header forms, previews, threading keys.

mod address;
mod base_subject;
mod body_text;
mod body_value;
mod canonical_address;
mod charset;
mod date_time;
mod door;
mod encoded_word;
mod header;
mod header_form;
mod html;
mod message_id;
mod nesting;
mod parameters;
mod part_data;
mod search;
mod structure;
mod summary;
mod threading;
mod transfer_encoding;

pub use address::{EmailAddress, EmailAddressGroup};
pub use base_subject::base_subject;
pub use body_value::BodyValue;
pub use canonical_address::{CanonicalAddress, canonical_domain};
pub use date_time::parse_date_time;
pub use door::{Message, Unreadable};
pub use header::{HeaderField, Headers};
pub use header_form::{HeaderForm, HeaderProperty, HeaderValue, InvalidHeaderProperty};
pub use part_data::PartSection;
pub use search::search_text;
pub use structure::{BodyLists, BodyPart, Structure};
pub use summary::Summary;
pub use threading::{ThreadKey, thread_keys};
pub use transfer_encoding::TransferEncoding;
