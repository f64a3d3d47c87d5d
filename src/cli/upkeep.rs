//! `signet upkeep`.

use std::process::ExitCode;

use super::{CommandResult, DatabaseArgs, block_on};
use crate::clock::Clock;
use crate::lifecycle;
use crate::store::schema;
use crate::telemetry::Metrics;
use crate::upkeep::{Mode, Task};

/// Remove what nobody needs any more
///
/// Nodes do this by themselves, a little at a time. This command walks over everything once, in short transactions, beside
/// nodes that run, and tells what it removed. `[upkeep]` in the configuration says how long things are kept.
#[derive(Debug, clap::Args)]
pub(super) struct UpkeepCommand {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl UpkeepCommand {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            let config = self.database.load()?;
            let store = lifecycle::connect(&config, Clock::system()).await?;
            schema::check(&store).await?;
            let upkeep = lifecycle::upkeep(&config, store, Metrics::new());
            let mode = if self.dry_run { Mode::Rehearsal } else { Mode::Real };
            for task in Task::ALL {
                let removed = upkeep.walk(task, mode).await?;
                let Some(what) = task.removes() else { continue };
                let octets = match task {
                    Task::Orphans => format!(" ({} octets)", removed.octets),
                    _ => String::new(),
                };
                let verb = if self.dry_run { "would be removed" } else { "removed" };
                println!("{what} {verb}: {}{octets}", removed.rows);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
