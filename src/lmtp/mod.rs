//! LMTP (RFC 2033), the door by which a mail server hands mail over: commands and replies, a message as DATA or BDAT
//! carries it, a session that speaks so over any stream, and the listener. What is answered with 250 is committed.

mod command;
mod data;
mod listener;
mod reply;
mod session;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

pub use command::Command;
pub use data::{DataReader, Fault};
pub use listener::serve;
pub use reply::Reply;
pub use session::Ending;

use crate::budget::Budget;
use crate::submit::Submitter;
use crate::telemetry::Metrics;
use crate::trust::Trust;

/// What all sessions of a node share.
#[derive(Clone)]
pub struct Door {
    /// The database, and what verification needs.
    pub trust: Trust,
    /// Who hears of mail that has arrived.
    pub submitter: Submitter,
    /// How the door behaves.
    pub options: Options,
    /// What the node has of memory for messages that are on their way in, and for bodies of requests.
    pub memory: Budget,
    /// The metrics.
    pub metrics: Metrics,
    /// Cancelled when the node is to stop: what was received whole is still delivered and answered, nothing else is.
    pub stop: CancellationToken,
}

/// How a door of LMTP behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name by which it greets.
    pub host_name: String,
    /// Octets of a message at most.
    pub max_size: usize,
    /// Recipients of a message at most; 100 at least (RFC 5321 §4.5.3.1.8).
    pub max_recipients: usize,
    /// Connections at a time at most.
    pub max_connections: usize,
    /// How long the client may be silent (RFC 5321 §4.5.3.2.7: five minutes at least).
    pub timeout: Duration,
    /// How long a connection may last, however busy it is.
    pub lifetime: Duration,
}

/// Speaks LMTP over a stream until the client quits, wastes time, or is gone, or the node stops.
pub async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, door: &Door) -> Ending {
    session::Session::new(stream, door).run().await
}
