//! `signet bench`: for those who measure the server, and hidden from the help of those who run it.

mod generate;

use clap::Subcommand;

use super::{CommandResult, block_on};

/// Make test data
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Generate(generate::Generate),
}

impl Bench {
    pub(super) fn run(self) -> CommandResult {
        match self.command {
            BenchCommand::Generate(command) => block_on(command.run()),
        }
    }
}
