//! The operator's commands: one file each, with its flags and what it does.
//!
//! A command is a [`clap::Args`] with `fn run(self) -> CommandResult`. What it returns as an error is printed as
//! one line on stderr, and the exit status is 1; a command whose exit status says more returns it itself.

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

mod account;
mod algorithm;
mod anchor;
mod bench;
mod crl;
mod database;
mod demo;
mod evidence;
pub mod explain;
pub mod generate;
mod health;
mod import;
mod material;
mod migrate;
mod reverify;
mod scratch;
mod serve;
mod told;
mod upkeep;
mod verify;

pub use database::DatabaseArgs;

/// How a command ends: with an exit status, or an error for the person at the terminal.
pub type CommandResult = anyhow::Result<ExitCode>;

/// A JMAP mail server over PostgreSQL that verifies S/MIME signatures.
#[derive(Parser)]
#[command(name = "signet", version, propagate_version = true, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Health(health::Health),
    Migrate(migrate::Migrate),
    Account(account::Account),
    Algorithm(algorithm::Algorithm),
    Anchor(anchor::AnchorCommand),
    Crl(crl::Crl),
    Evidence(evidence::Evidence),
    Import(import::Import),
    Verify(verify::Verify),
    Explain(explain::Explain),
    Upkeep(upkeep::UpkeepCommand),
    Scratch(scratch::Scratch),
    #[command(hide = true)]
    Bench(bench::Bench),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let command = match CommandLine::try_parse() {
        Ok(line) => line.command,
        Err(error) => return usage(&error),
    };
    let outcome = match command {
        Command::Demo(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Health(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Account(command) => command.run(),
        Command::Algorithm(command) => command.run(),
        Command::Anchor(command) => command.run(),
        Command::Crl(command) => command.run(),
        Command::Evidence(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Upkeep(command) => command.run(),
        Command::Scratch(command) => command.run(),
        Command::Bench(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("signet: {error:#}");
        ExitCode::FAILURE
    })
}

/// Prints help or what is wrong with the command line. Clap would exit with 2 then, which is what `verify` says of
/// messages without a signature; 64 is EX_USAGE.
fn usage(error: &clap::Error) -> ExitCode {
    // Where nothing can be printed, the exit status still tells.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS }
}

/// Runs the work of a command that waits for the network or the database.
pub fn block_on(work: impl Future<Output = CommandResult>) -> CommandResult {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads of this process cannot be started")?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
