//! `signet scratch`.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::{CommandResult, block_on};
use crate::clock::Clock;
use crate::demo::cluster::{Cluster, ClusterOptions};
use crate::store::{Store, StoreOptions, schema};

/// The database in the cluster.
const DATABASE: &str = "signet";

/// Run a command with a private database that is gone afterwards
///
/// Starts a private PostgreSQL cluster from the installed programs, makes a migrated, empty database in it, and runs
/// the command with SIGNET_DATABASE_URL naming it. The cluster ends with the command, and the exit status is the
/// command's. It trades durability for speed: nothing in it is worth keeping.
#[derive(Debug, clap::Args)]
pub(super) struct Scratch {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Scratch {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            let cluster = tokio::task::spawn_blocking(|| Cluster::start(&ClusterOptions::ephemeral()))
                .await
                .context("the private cluster cannot be started")??;
            let outcome = self.run_on(&cluster).await;
            // Stopping waits for the server.
            tokio::task::spawn_blocking(move || drop(cluster)).await.context("the cluster did not stop")?;
            outcome
        })
    }

    async fn run_on(&self, cluster: &Cluster) -> CommandResult {
        cluster.create_database(DATABASE).await?;
        let url = cluster.url(DATABASE);
        let store = Store::connect(&StoreOptions::new(url.clone()), Clock::system()).await?;
        schema::migrate(&store).await?;
        drop(store);
        let (program, arguments) = self.command.split_first().context("there is no command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env("SIGNET_DATABASE_URL", url)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(exit_code(finish(&mut child).await?))
    }
}

/// Waits for the command. Ctrl-C reaches it from the terminal as it reaches us; SIGTERM is passed on.
async fn finish(child: &mut Child) -> anyhow::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            status = child.wait() => return status.context("the command cannot be waited for"),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => pass_on_terminate(child).await,
        }
    }
}

async fn pass_on_terminate(child: &Child) {
    let Some(process) = child.id() else { return };
    // A command that has just ended needs no signal.
    let _ = Command::new("kill").args(["-s", "TERM", &process.to_string()]).status().await;
}

/// As a shell tells it: what the command said, or 128 and the signal that ended it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}
