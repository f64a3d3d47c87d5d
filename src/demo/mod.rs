//! The demonstration: a private PostgreSQL cluster, a demonstration PKI, and a mailbox of messages in every state.

pub mod cluster;
mod commands;
pub mod data;
pub mod furnish;
mod node;

use std::future::Future;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Overrides};
use crate::lifecycle::{self, Node, StartError};
use crate::smime::Policy;
use crate::store::schema;
use crate::trust::Trust;
use cluster::{Cluster, ClusterError, ClusterOptions};
use furnish::{FurnishError, Furnished, furnish};

/// The database in the cluster.
const DATABASE: &str = "signet";

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
        "cannot listen on {address}: {reason}; another address can be given with --listen, for example --listen 127.0.0.1:0 for any free port"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        reason: std::io::Error,
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
    /// The configuration of the node is none.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The node does not start on it.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It could not be filled.
    #[error(transparent)]
    Furnish(#[from] FurnishError),
    /// The threads or the signals of this process are not to be had.
    #[error(transparent)]
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
        .map_err(|reason| DemoError::Listen { address: options.listen, reason })?;
    let cluster = start_cluster(options.data).await?;
    let outcome = run_on(&cluster, clock, listener, pin!(stop)).await;
    tell("Stopping.");
    stop_cluster(cluster).await;
    outcome
}

/// The part between the start of the cluster and its end.
async fn run_on(
    cluster: &Cluster,
    clock: Clock,
    listener: TcpListener,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), DemoError> {
    let address = listener.local_addr()?;
    let config = config(cluster, address)?;
    let node = tokio::select! {
        node = start_node(config, clock) => node?,
        () = &mut stop => return Ok(()),
    };
    node::serve(node, listener, stop).await
}

/// Fills the database before any worker could come between two deliveries, and starts the node.
async fn start_node(config: Config, clock: Clock) -> Result<Node, DemoError> {
    let furnished = prepare(&config, clock.clone()).await?;
    tell_delivery(&furnished);
    let base_url = format!("http://{}", config.listen);
    let node = Node::start(config, clock).await?;
    tell(&format!("\n{}\nCtrl-C stops everything.", commands::welcome(&base_url, &furnished)));
    Ok(node)
}

/// The configuration of a node on the private cluster; the rest is as an operator would find it.
fn config(cluster: &Cluster, listen: SocketAddr) -> Result<Config, ConfigError> {
    let database_url = Some(cluster.url(DATABASE));
    let mut config =
        Config::load(None, Overrides { listen: Some(listen), database_url, ..Overrides::default() })?;
    // The certificates of the demonstration name hosts that are none.
    config.fetch.enabled = false;
    Ok(config)
}

/// Brings the database to our schema and fills it.
async fn prepare(config: &Config, clock: Clock) -> Result<Furnished, DemoError> {
    let store = lifecycle::connect(config, clock).await?;
    schema::migrate(&store).await.map_err(StartError::from)?;
    let deadline = Duration::from_secs(config.trust.refresh_seconds);
    Ok(furnish(&Trust::new(store, Policy::default(), deadline)).await?)
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
    tell(&format!("Starting a private PostgreSQL cluster {where_to}."));
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

fn tell_delivery(furnished: &Furnished) {
    if furnished.delivered > 0 {
        tell(&format!("Delivered {} messages to {}.", furnished.delivered, furnished.name));
    } else {
        tell(&format!("The mail of {} is as the last start left it.", furnished.name));
    }
}

/// Says something on stdout. Whoever does not listen any more does not stop the demonstration.
fn tell(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
