//! The methods on blobs: Blob/copy (RFC 8620 §6.3), and Blob/upload, Blob/get and Blob/lookup (RFC 9404 §4). Blobs have
//! no state, and nothing changes or destroys them.

mod budget;
pub mod copy;
pub mod get;
pub mod lookup;
mod selection;
mod sources;
pub mod upload;

pub(super) use self::budget::Budget;
use super::{Engine, Services};
use crate::wire::capability::Capability;

/// Adds the methods on blobs to an engine.
pub fn add_methods(engine: &mut Engine, services: &Services) {
    let store = services.trust.store();
    engine.add("Blob/copy".to_owned(), Capability::Core, copy::Copy::new(store.clone()));
    engine.add("Blob/upload".to_owned(), Capability::Blob, upload::Upload::new(store.clone()));
    engine.add("Blob/get".to_owned(), Capability::Blob, get::Get::new(store.clone()));
    engine.add("Blob/lookup".to_owned(), Capability::Blob, lookup::Lookup::new(store.clone()));
}
