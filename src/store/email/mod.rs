//! Emails: rows in, rows out, memberships, and what a query matched.

mod insert;
mod read;
mod write;

pub use super::membership::Membership;
pub use insert::{EmailHeaders, Inserted, NewEmail, NewSignature, NewSmime, SortKeys, insert};
pub use read::{EmailRow, SmimeColumns, by_message_id, ids, known_blobs, memberships, read, smime_columns};
pub use write::{EmailUpdate, destroy, update};
