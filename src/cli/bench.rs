//! `signet bench`: for those who measure the server, and hidden from the help of those who run it.

mod bare;
mod client;
mod follow;
mod generate;
mod latency;
mod load;
mod named;
mod query;
mod report;
mod values;

use clap::Subcommand;

use super::{CommandResult, block_on};

/// Make test data, and measure a server
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Generate(generate::Generate),
    Query(query::Query),
    Load(load::Load),
}

impl Bench {
    pub(super) fn run(self) -> CommandResult {
        match self.command {
            BenchCommand::Generate(command) => block_on(command.run()),
            BenchCommand::Query(command) => block_on(command.run()),
            BenchCommand::Load(command) => block_on(command.run()),
        }
    }
}
