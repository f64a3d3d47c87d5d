//! Emails: rows in, rows out, memberships, and what a query matched.

mod explain;
mod insert;
mod read;
mod write;

pub use super::membership::Membership;
pub use explain::{Composed, DeliveryInterval, Remembered, StoredFacts, StoredSmime, explain};
pub use insert::{EmailHeaders, Inserted, NewEmail, NewSignature, NewSmime, SortKeys, insert};
pub use read::{
    Current, EmailRow, Fields, SmimeColumns, by_message_id, current, ids, known_blobs, memberships, read,
    smime_columns,
};
pub use write::{EmailUpdate, destroy, update, update_from};
