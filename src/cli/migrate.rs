//! `signet migrate`.

use std::process::ExitCode;

use super::{CommandResult, DatabaseArgs, block_on};
use crate::clock::Clock;
use crate::lifecycle;
use crate::store::schema;

/// Bring the database's schema to what this program knows
///
/// Several nodes may do this at the same time: one does the work, and the others wait for it. Nodes that run are not
/// disturbed.
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Migrate {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            let store = lifecycle::connect(&self.database.load()?, Clock::system()).await?;
            let version = schema::migrate(&store).await?;
            println!("The schema is at version {version}.");
            Ok(ExitCode::SUCCESS)
        })
    }
}
