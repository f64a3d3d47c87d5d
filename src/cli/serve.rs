//! `signet serve`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::{CommandResult, DatabaseArgs, block_on};
use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::http;
use crate::lifecycle::{Node, Signal, Signals, Stopping};

/// Serve JMAP over HTTP
///
/// Any number of nodes may serve one database. SIGTERM stops a node in steps: for `node.drain_seconds` it says that it is
/// not ready, so that a balancer goes elsewhere; then it takes no connections, ends event sources and WebSockets,
/// finishes the requests under way, and exits with status 0. SIGINT does the same without the first step. A second
/// signal ends it at once.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "SIGNET_LISTEN")]
    listen: Option<SocketAddr>,

    /// The address under which clients reach this server, for example https://mail.example.org
    #[arg(long, value_name = "URL", env = "SIGNET_PUBLIC_URL")]
    public_url: Option<String>,

    /// The password of the relay
    #[arg(long, value_name = "PASSWORD", env = "SIGNET_RELAY_PASSWORD", hide_env_values = true, hide = true)]
    relay_password: Option<String>,
}

impl Serve {
    pub(super) fn run(self) -> CommandResult {
        let overrides = Overrides {
            listen: self.listen,
            public_url: self.public_url,
            relay_password: self.relay_password,
            ..Overrides::default()
        };
        let config = self.database.load_with(overrides)?;
        block_on(serve(config))
    }
}

async fn serve(config: Config) -> CommandResult {
    let listener = listen(config.listen)?;
    let mut signals = Signals::new().context("signals cannot be waited for")?;
    let node = tokio::select! {
        node = Node::start(config, Clock::system()) => Arc::new(node?),
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    let drain = Duration::from_secs(node.config.node.drain_seconds);
    tokio::spawn(stop_by(signals, node.stopping.clone(), drain));
    tracing::info!(address = %listener.local_addr()?, "listening");
    if let Some(address) = node.lmtp_address {
        tracing::info!(%address, "listening for LMTP");
    }
    let engine = http::engine(&node);
    let served = http::serve(Arc::clone(&node), engine, listener).await;
    node.end().await;
    served.context("the HTTP server failed")?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Stops the node at the first signal, and ends the process at the second. Who presses Ctrl-C does not wait for a
/// balancer.
async fn stop_by(mut signals: Signals, stopping: Stopping, drain: Duration) {
    let first = signals.next().await;
    tracing::info!(signal = ?first, "stopping");
    let drain = if first == Signal::Interrupt { Duration::ZERO } else { drain };
    tokio::spawn(async move { stopping.take_the_steps(drain).await });
    let second = signals.next().await;
    tracing::warn!(signal = ?second, "ending at once");
    // As a shell tells of processes that a signal ended. Transactions under way are rolled back by the database.
    std::process::exit(128 + if second == Signal::Interrupt { 2 } else { 15 });
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}
