//! `signet account`.

use super::{CommandResult, DatabaseArgs};

/// Create, list and share accounts
#[derive(Debug, clap::Args)]
pub(super) struct Account {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Account {
    pub(super) fn run(self) -> CommandResult {
        anyhow::bail!("{:?} is not built yet", self.database.config)
    }
}
