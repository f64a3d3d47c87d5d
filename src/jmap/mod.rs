//! The methods. What RFC 8620 §5 says of all data types stands here once ([`get`], [`changes`], [`set`], [`query`],
//! [`query_changes`]);
//! a data type implements the traits of these modules and is added to the [`dispatch::Engine`].

pub mod access;
pub mod arguments;
pub mod blob;
pub mod blobs;
pub mod changes;
pub mod context;
pub mod copy;
pub mod core;
pub mod dispatch;
pub mod email;
mod fault;
pub mod get;
pub mod identity;
pub mod mail;
pub mod mailbox;
pub mod mdn;
pub mod push_subscription;
pub mod query;
pub mod query_changes;
pub mod quota;
pub mod record;
pub mod search_snippet;
pub mod set;
pub mod signers;
pub mod submission;
pub mod thread;
mod token;
pub mod vacation;

#[cfg(test)]
mod fake;

pub use context::Context;
pub use dispatch::{Engine, Reply};
pub use record::RecordType;

use crate::push::Destinations;
use crate::submit::Submitter;
use crate::trust::Trust;

/// What methods work with, beyond what a request brings.
#[derive(Clone)]
pub struct Services {
    /// The database, and what keeping verdicts needs.
    pub trust: Trust,
    /// The way out for messages.
    pub submitter: Submitter,
    /// Where pushes may go.
    pub push_destinations: Destinations,
}

impl From<Trust> for Services {
    /// With the defaults for all that a configuration can say.
    fn from(trust: Trust) -> Self {
        Self { submitter: Submitter::from(trust.clone()), push_destinations: Destinations::default(), trust }
    }
}

/// All methods of this server.
pub fn engine(services: &Services) -> Engine {
    let mut engine = Engine::new();
    push_subscription::add_methods(&mut engine, services);
    blob::add_methods(&mut engine, services);
    mail::add_methods(&mut engine, services);
    engine
}
