//! Evidence from the network: what certificates name is fetched, once for all nodes, judged, stored, and told to the
//! verdicts that want it.
//!
//! An evaluation says what it wants ([`want`]). A node that has the lease of a source fetches it, judges what came
//! ([`judge`]), and makes the verdicts due ([`attempt`]). The usual re-verification does the rest. A verdict that
//! lacks what is about to be fetched waits for it, and requests wait with it up to their deadline ([`wait`]).

mod accept;
mod attempt;
mod judge;
mod schedule;
mod supersede;
mod wait;
mod want;
mod worker;

use std::sync::Arc;
use std::time::Duration;

pub use attempt::Attempt;
pub use worker::run as run_fetcher;

pub(super) use wait::Waited;
pub(super) use want::Next;

use crate::fetch::{ClientError, FetchOptions, Fetcher};
use crate::store::source::SourceKind;

/// How evidence is fetched.
#[derive(Clone, Debug)]
pub struct FetchingOptions {
    /// How one request behaves.
    pub fetch: FetchOptions,
    /// Octets of a CRL at most.
    pub max_crl_octets: usize,
    /// Octets of an OCSP response at most.
    pub max_ocsp_octets: usize,
    /// Octets of an issuer's certificates at most.
    pub max_issuer_octets: usize,
    /// How long a delivery waits for evidence.
    pub delivery_wait: Duration,
}

impl Default for FetchingOptions {
    fn default() -> Self {
        Self {
            fetch: FetchOptions::default(),
            max_crl_octets: 32 * 1024 * 1024,
            max_ocsp_octets: 64 * 1024,
            max_issuer_octets: 256 * 1024,
            delivery_wait: Duration::ZERO,
        }
    }
}

/// What fetching evidence needs. Clones share it.
#[derive(Clone)]
pub struct Fetching(Arc<Shared>);

struct Shared {
    fetcher: Fetcher,
    options: FetchingOptions,
}

impl Fetching {
    /// Sets the HTTP client up; an error if the options cannot be used.
    pub fn new(options: FetchingOptions) -> Result<Self, ClientError> {
        let fetcher = Fetcher::new(options.fetch.clone())?;
        Ok(Self(Arc::new(Shared { fetcher, options })))
    }

    /// How long a delivery waits for evidence.
    pub(super) fn delivery_wait(&self) -> Duration {
        self.0.options.delivery_wait
    }

    /// How long a node may have a source: what one request may take, waiting for its turn and noting what came of it
    /// included.
    fn lease(&self) -> Duration {
        self.0.options.fetch.timeout * 2 + Duration::from_secs(60)
    }

    fn max_octets(&self, kind: SourceKind) -> usize {
        match kind {
            SourceKind::Crl => self.0.options.max_crl_octets,
            SourceKind::Ocsp => self.0.options.max_ocsp_octets,
            SourceKind::Issuer => self.0.options.max_issuer_octets,
        }
    }
}
