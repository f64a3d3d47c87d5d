//! `signet serve`.

use super::{CommandResult, DatabaseArgs};

/// Serve JMAP over HTTP
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Serve {
    pub(super) fn run(self) -> CommandResult {
        anyhow::bail!("{:?} is not built yet", self.database.config)
    }
}
