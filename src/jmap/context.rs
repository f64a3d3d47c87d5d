//! What a method call knows about the request that it stands in.

use std::sync::Arc;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::locale::Language;
use crate::wire::capability::{Capability, CoreLimits};
use crate::wire::references::CreatedIds;
use crate::wire::session::Principal;

/// One API request, as its method calls see it.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who asks.
    pub principal: Arc<Principal>,
    /// The capabilities in use: nothing of the others must show (RFC 8620 §1.8).
    pub using: Vec<Capability>,
    /// The language that texts for people are to be in (RFC 8620 §3.8).
    pub language: Language,
    /// What one request and one call may ask for.
    pub limits: Arc<CoreLimits>,
    /// The time.
    pub clock: Clock,
    /// From this instant on no further call of the request is started.
    pub deadline: Option<Instant>,
    /// The state of the Session object, for the response (RFC 8620 §3.4).
    pub session_state: String,
    /// What was created so far under creation ids (RFC 8620 §5.3).
    pub created_ids: CreatedIds,
}

impl Context {
    /// Whether the request lists the capability in `using`.
    pub fn uses(&self, capability: Capability) -> bool {
        self.using.contains(&capability)
    }

    /// Whether the time for this request is over.
    pub fn is_overdue(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
