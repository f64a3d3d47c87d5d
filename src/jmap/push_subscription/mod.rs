//! PushSubscription (RFC 8620 §7.2). It belongs to a login, not to an account, and has no state.

mod get;
mod properties;
mod set;

use super::{Engine, Services};
use crate::wire::capability::Capability;

/// Adds PushSubscription/get and /set to an engine.
pub(super) fn add_methods(engine: &mut Engine, services: &Services) {
    let store = services.trust.store();
    engine.add("PushSubscription/get".to_owned(), Capability::Core, get::Get::new(store.clone()));
    let set = set::Set::new(store.clone(), services.push_destinations.clone());
    engine.add("PushSubscription/set".to_owned(), Capability::Core, set);
}
