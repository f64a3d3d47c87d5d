//! The methods on blobs: Blob/copy (RFC 8620 §6.3).

pub mod budget;
pub mod copy;

use super::{Engine, Services};
use crate::wire::capability::Capability;

/// Adds the methods on blobs to an engine.
pub fn add_methods(engine: &mut Engine, services: &Services) {
    let store = services.trust.store();
    engine.add("Blob/copy".to_owned(), Capability::Core, copy::Copy::new(store.clone()));
}
