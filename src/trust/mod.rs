//! Trust over time: signers are registered, their verdicts are kept fresh, and anchors and evidence come and go.
//!
//! A verdict is evaluated by whoever needs it first: a delivery, a request that asks for an exact answer, or the
//! worker that runs on every node. The lock of the verdict's row makes sure that only one of them does the work.

mod fetching;
pub mod material;
mod refresh;
mod register;
mod worker;

use std::time::Duration;

pub use fetching::{Attempt, Fetching, FetchingOptions, run_fetcher};
pub use material::{UnreadableMaterial, read_certificates, read_crls};
pub use refresh::Freshness;
pub use register::{RegisteredSigner, known_signers, register};
pub use worker::run as run_worker;

use crate::smime::Policy;
use crate::store::Store;

/// What keeping verdicts needs. Clones share the pool.
#[derive(Clone)]
pub struct Trust {
    store: Store,
    policy: Policy,
    deadline: Duration,
    fetching: Option<Fetching>,
}

impl Trust {
    /// `deadline` is how long a request waits for verdicts before it answers from what is stored.
    pub fn new(store: Store, policy: Policy, deadline: Duration) -> Self {
        Self { store, policy, deadline, fetching: None }
    }

    /// The same, with what verdicts lack fetched from the network. Without it, nothing is.
    #[must_use]
    pub fn with_fetching(self, fetching: Fetching) -> Self {
        Self { fetching: Some(fetching), ..self }
    }

    /// Whether what verdicts lack is fetched.
    pub fn fetches(&self) -> bool {
        self.fetching.is_some()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
