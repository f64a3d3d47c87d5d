//! The demonstration: a private PostgreSQL cluster, a demonstration PKI, and a mailbox of messages in every state.

pub mod cluster;
mod commands;
pub mod data;
pub mod furnish;
mod node;

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::smime::Policy;
use crate::store::schema::{self, SchemaError};
use crate::store::{ConnectError, Store, StoreOptions};
use crate::trust::Trust;
use cluster::{Cluster, ClusterError, ClusterOptions};
use furnish::{FurnishError, furnish};

/// The database in the cluster.
const DATABASE: &str = "signet";
/// How long a request waits for verdicts before it answers from what is stored.
const VERDICT_DEADLINE: Duration = Duration::from_secs(5);

/// How to run the demonstration.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// A folder that keeps the cluster for the next start; none for one that is removed at the end.
    pub data: Option<PathBuf>,
    /// A time at which the clock stands still; none for the machine's clock.
    pub now: Option<DateTime<Utc>>,
    /// Where to listen for HTTP; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Why the demonstration ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The address for HTTP is not to be had.
    #[error(
        "cannot listen on {address}: {source}; another address can be given with --listen, for example --listen 127.0.0.1:0 for any free port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The clock stands before the mail has come.
    #[error(
        "--now {now} is before the newest message and the newest CRL of the demonstration; take {earliest} or later"
    )]
    TooEarly {
        /// What was asked for.
        now: DateTime<Utc>,
        /// The earliest time that makes sense.
        earliest: DateTime<Utc>,
    },
    /// No private cluster.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No connection to it.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Its schema is not ours.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// It could not be filled.
    #[error(transparent)]
    Furnish(#[from] FurnishError),
    /// The threads or the signals of this process are not to be had.
    #[error("{0}")]
    Process(#[from] std::io::Error),
}

/// Runs the demonstration until `stop`, and takes everything down again. Tells its progress on stdout.
///
/// # Errors
/// See [`DemoError`]. Whatever was started is stopped.
pub async fn run(options: DemoOptions, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
    let clock = clock(options.now)?;
    // First what fails fast: a port in use should not cost a cluster.
    let listener = TcpListener::bind(options.listen)
        .map_err(|source| DemoError::Listen { address: options.listen, source })?;
    let cluster = start_cluster(options.data).await?;
    let serving = async {
        let store = Store::connect(&StoreOptions::new(cluster.url(DATABASE)), clock).await?;
        schema::migrate(&store).await?;
        let trust = Trust::new(store, Policy::default(), VERDICT_DEADLINE);
        let furnished = furnish(&trust).await?;
        tell_delivery(&furnished);
        let base_url = format!("http://{}", listener.local_addr()?);
        println!("\n{}\nCtrl-C stops everything.", commands::welcome(&base_url, &furnished));
        node::serve(listener, trust).await
    };
    let outcome = tokio::select! {
        outcome = serving => outcome,
        () = stop => Ok(()),
    };
    println!("Stopping.");
    stop_cluster(cluster).await;
    outcome
}

/// A frozen clock must not stand before what the messages' statuses rest on.
fn clock(now: Option<DateTime<Utc>>) -> Result<Clock, DemoError> {
    let Some(now) = now else { return Ok(Clock::system()) };
    let earliest = data::earliest_now();
    if now < earliest {
        return Err(DemoError::TooEarly { now, earliest });
    }
    Ok(Clock::frozen(now))
}

/// Starting blocks for about a second, and longer after a crash.
async fn start_cluster(data: Option<PathBuf>) -> Result<Cluster, DemoError> {
    let where_to = data.as_ref().map_or("for this run".to_owned(), |data| format!("in {}", data.display()));
    println!("Starting a private PostgreSQL cluster {where_to}.");
    let options = data.map_or_else(ClusterOptions::ephemeral, ClusterOptions::kept);
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&options))
        .await
        .map_err(|error| DemoError::Process(error.into()))??;
    cluster.create_database(DATABASE).await?;
    Ok(cluster)
}

async fn stop_cluster(cluster: Cluster) {
    // A panic in there has been told already; there is nothing left to stop.
    let _ = tokio::task::spawn_blocking(move || drop(cluster)).await;
}

fn tell_delivery(furnished: &furnish::Furnished) {
    if furnished.delivered > 0 {
        println!("Delivered {} messages to {}.", furnished.delivered, furnished.name);
    } else {
        println!("The mail of {} is as the last start left it.", furnished.name);
    }
}
