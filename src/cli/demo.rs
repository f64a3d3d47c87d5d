//! `signet demo`.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use tokio::signal::unix::{SignalKind, signal};

use super::{CommandResult, block_on};
use crate::demo::{self, DemoOptions};

/// Try Signet: a private database, a mailbox of signed messages in every state, and a server
///
/// Starts a private PostgreSQL cluster from the installed programs, fills it with a demonstration account and
/// serves JMAP until Ctrl-C. The certificates are worthless for anything else.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Keep the cluster in this folder for the next start, instead of removing it at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Stop the clock at this time, so that all responses come out the same on every start
    #[arg(long, value_name = "RFC3339")]
    now: Option<DateTime<Utc>>,

    /// Where to listen for HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

impl Demo {
    pub(super) fn run(self) -> CommandResult {
        let options = DemoOptions { data: self.data, now: self.now, listen: self.listen };
        block_on(async {
            demo::run(options, interrupted()?).await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Waits for Ctrl-C or SIGTERM, from now on.
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
