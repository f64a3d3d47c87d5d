//! `signet serve`.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;

use super::{CommandResult, DatabaseArgs, block_on};
use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::http;
use crate::lifecycle::{Node, stop_signal};

/// Serve JMAP over HTTP
///
/// Any number of nodes may serve one database. SIGTERM and SIGINT stop a node: it takes no new requests, finishes
/// those under way, and exits with status 0.
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
    let node = Arc::new(Node::start(config, Clock::system()).await?);
    let stop = node.stop.clone();
    tokio::spawn(async move {
        if let Err(error) = stop_signal().await {
            tracing::error!(%error, "signals cannot be waited for");
        }
        stop.cancel();
    });
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

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))
}
