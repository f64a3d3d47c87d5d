//! Trust over time: signers are registered, their verdicts are kept fresh, and anchors and evidence come and go.
//!
//! A verdict is evaluated by whoever needs it first: a delivery, a request that asks for an exact answer, or the
//! worker that runs on every node. The lock of the verdict's row makes sure that only one of them does the work. Where a
//! verdict says something new, the emails that rest on it are told in steps, by whoever takes them.

mod evaluation;
mod fetching;
mod gauges;
pub mod material;
mod pace;
mod refresh;
mod register;
mod work;
mod worker;

use std::time::Duration;

pub use fetching::{Attempt, Fetching, FetchingOptions, run_fetcher};
pub use material::{UnreadableMaterial, read_certificates, read_crls};
pub use refresh::Freshness;
pub use register::{RegisteredSigner, known_signers, register};
pub use work::Worked;
pub use worker::run as run_worker;

use crate::smime::{Policy, Revocation};
use crate::store::Store;
use crate::telemetry::Metrics;

/// What keeping verdicts needs. Clones share the pool.
#[derive(Clone)]
pub struct Trust {
    store: Store,
    policy: Policy,
    deadline: Duration,
    metrics: Metrics,
    evidence: gauges::Remembered,
    pace: pace::Pace,
    fetching: Option<Fetching>,
}

impl Trust {
    /// `deadline` is how long a request waits for verdicts before it answers from what is stored.
    pub fn new(store: Store, policy: Policy, deadline: Duration) -> Self {
        Self {
            store,
            policy,
            deadline,
            metrics: Metrics::new(),
            evidence: Default::default(),
            pace: Default::default(),
            fetching: None,
        }
    }

    /// The same, telling these metrics what it does; those of [`Trust::new`] are heard by nobody.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
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

    /// When the installation requires evidence of revocation, unless an anchor says otherwise.
    pub fn revocation(&self) -> Revocation {
        self.policy.revocation
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
