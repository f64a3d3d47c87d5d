//! `signet migrate`.

use super::{CommandResult, DatabaseArgs};

/// Bring the database's schema to what this program knows
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Migrate {
    pub(super) fn run(self) -> CommandResult {
        anyhow::bail!("{:?} is not built yet", self.database.config)
    }
}
