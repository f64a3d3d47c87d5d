//! Push (RFC 8620 §7): what changed since somebody last heard of it, and telling it to URLs of subscriptions.
//!
//! Work is found in the tables, never in memory: an account that changes is noted in the transaction that changes it,
//! a subscription that may have something to hear is due, and whichever node claims it tells it. A node that dies in
//! the middle leaves a lease that runs out.

mod destination;
mod encryption;
mod schedule;
mod seen;
mod sender;
mod state_change;
mod vapid;
mod watch;
mod worker;

use std::sync::Arc;

use tokio::sync::OnceCell;

pub use destination::{Destinations, Refusal};
pub use encryption::check_keys;
pub use seen::Seen;
pub use sender::ClientError;
pub use state_change::{StateChange, TypeFilter, type_name};
pub use watch::{Watch, Watchers};
pub use worker::run as run_worker;

use self::sender::Sender;
use self::vapid::VapidKey;
use crate::store::{Store, StoreError, push};
use crate::telemetry::Metrics;

/// What an operator says of pushes.
#[derive(Clone, Debug, Default)]
pub struct PushOptions {
    /// Where pushes may go beside public addresses.
    pub destinations: Destinations,
    /// Certificates of authorities to trust beside the system's, in PEM.
    pub authorities: Option<Vec<u8>>,
    /// A mailto or https URI by which operators of push services reach the operator (RFC 8292 §2.1).
    pub contact: Option<String>,
}

/// What pushing needs. Clones share it.
#[derive(Clone)]
pub struct Push(Arc<Shared>);

struct Shared {
    store: Store,
    destinations: Destinations,
    contact: Option<String>,
    sender: Sender,
    vapid: OnceCell<VapidKey>,
    metrics: Metrics,
}

impl Push {
    /// Sets the HTTP client up; an error if the authorities cannot be read.
    pub fn new(store: Store, options: PushOptions, metrics: Metrics) -> Result<Self, ClientError> {
        let PushOptions { destinations, authorities, contact } = options;
        let sender = Sender::new(destinations.clone(), authorities.as_deref())?;
        let shared = Shared { store, destinations, contact, sender, vapid: OnceCell::new(), metrics };
        Ok(Self(Arc::new(shared)))
    }

    /// Where pushes may go.
    pub fn destinations(&self) -> &Destinations {
        &self.0.destinations
    }

    /// The public key that push services know this server by, for clients (RFC 9749 §3).
    pub async fn application_server_key(&self) -> Result<String, StoreError> {
        Ok(self.vapid().await?.public().to_owned())
    }

    /// The key of all nodes. It is read once, and made if this is the first need of it.
    async fn vapid(&self) -> Result<&VapidKey, StoreError> {
        let read = async || {
            let pkcs8 = self.0.store.transaction("vapid/key", async |transaction| {
                push::vapid_key(transaction, vapid::generate).await
            });
            VapidKey::from_pkcs8(&pkcs8.await?).map_err(|error| StoreError::Corrupt {
                table: "vapid_key",
                column: "private_key",
                message: error.to_string(),
            })
        };
        self.0.vapid.get_or_try_init(read).await
    }
}
