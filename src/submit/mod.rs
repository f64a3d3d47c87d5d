//! The way out: messages wait in the outbox until they have reached their recipients here, or a relay has taken them,
//! or they come back to their sender as a report; and vacation responses.
//!
//! Whatever is sent is in the database first ([`crate::store::outgoing`]). Any node may work on any message: it takes a
//! lease, tries all recipients that are still waiting, and notes what became of each of them. A node that dies
//! meanwhile loses nothing; its message is tried again when the lease runs out, and at most the attempt that was under
//! way is made twice.

mod arrival;
mod attempt;
mod backoff;
pub mod envelope;
mod outbox;
mod relay;
mod report;
mod transport;
pub mod vacation;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use arrival::arrived;
pub use envelope::Hold;
pub use relay::{Relay, RelayError, RelayOptions, RelayTls};
pub use worker::run as run_worker;

use crate::store::blob::{self, BlobHash};
use crate::store::outgoing::{self, NewOutgoing, NewRecipient, Sender};
use crate::store::{AccountWriter, Store, StoreError};
use crate::telemetry::Metrics;
use crate::trust::Trust;
use crate::wire::ids::AccountId;

/// What an operator chooses of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOptions {
    /// The name by which this server calls itself towards others: in EHLO, in trace fields and in reports.
    pub host_name: String,
    /// Recipients of one message at most.
    pub max_recipients: u64,
    /// Octets of one message at most.
    pub max_size: u64,
    /// Messages of one account in the outbox at most.
    pub max_waiting: u64,
    /// How far ahead a message may be sent (RFC 8621 §1.3.2, maxDelayedSend); zero is not at all.
    pub max_delay: Duration,
    /// How long after the first attempt the second is; the waits double from there on.
    pub retry: Duration,
    /// How long after its release a message has failed for whoever it has not reached.
    pub max_age: Duration,
}

impl Default for SubmitOptions {
    fn default() -> Self {
        Self {
            host_name: "localhost".to_owned(),
            max_recipients: 100,
            max_size: 50_000_000,
            max_waiting: 1000,
            max_delay: Duration::from_secs(30 * 24 * 60 * 60),
            retry: Duration::from_secs(5 * 60),
            max_age: Duration::from_secs(5 * 24 * 60 * 60),
        }
    }
}

/// Sends. Clones share everything.
#[derive(Clone)]
pub struct Submitter {
    trust: Trust,
    options: Arc<SubmitOptions>,
    relay: Option<Arc<Relay>>,
    metrics: Metrics,
}

/// A message that this server made itself, for [`Submitter::queue`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The message, without a Bcc field.
    pub raw: Vec<u8>,
    /// The reverse-path; empty for the null one, to which no report goes.
    pub mail_from: String,
    /// Whom it is for.
    pub recipients: Vec<String>,
}

impl From<Trust> for Submitter {
    /// With the default options and no relay: mail reaches the users of this server only.
    fn from(trust: Trust) -> Self {
        Self::new(trust, SubmitOptions::default(), None, Metrics::new())
    }
}

impl Submitter {
    /// Sends to local users directly, and to all others through the relay, if there is one.
    pub fn new(trust: Trust, options: SubmitOptions, relay: Option<Relay>, metrics: Metrics) -> Self {
        Self { trust, options: Arc::new(options), relay: relay.map(Arc::new), metrics }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.trust.store()
    }

    /// The options.
    pub fn options(&self) -> &SubmitOptions {
        &self.options
    }

    /// Whether there is a way to recipients elsewhere.
    pub fn has_relay(&self) -> bool {
        self.relay.is_some()
    }

    /// When to give up a message that is released at `release_at`.
    pub fn expiry(&self, release_at: DateTime<Utc>) -> DateTime<Utc> {
        release_at + self.options.max_age
    }

    /// Puts a message that this server made into the outbox of an account. Nothing shows it to clients.
    pub async fn queue(&self, account: AccountId, message: &Generated) -> Result<(), StoreError> {
        let store = self.trust.store();
        store.write("outgoing/queue", account, async |writer| self.queue_in(writer, message).await).await
    }

    /// The same as a part of a transaction.
    pub async fn queue_in(
        &self,
        writer: &mut AccountWriter<'_>,
        message: &Generated,
    ) -> Result<(), StoreError> {
        let hash = BlobHash::of(&message.raw);
        blob::store(writer.transaction(), &[(hash, message.raw.as_slice())], writer.now()).await?;
        // What nobody asked for is never answered with a report (RFC 3834 §3.3).
        let notify = message.mail_from.is_empty().then(|| "NEVER".to_owned());
        let recipients = message.recipients.iter().map(|address| NewRecipient {
            address: address.clone(),
            notify: notify.clone(),
            orcpt: None,
        });
        let outgoing = NewOutgoing {
            blob: hash,
            sender: Sender { mail_from: message.mail_from.clone(), ..Sender::default() },
            recipients: recipients.collect(),
            release_at: writer.now(),
            expires_at: self.expiry(writer.now()),
        };
        outgoing::queue(writer, &outgoing).await.map(drop)
    }
}
