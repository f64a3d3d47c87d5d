//! `signet bench`: for those who measure the server, and hidden from the help of those who run it.

mod bare;
mod client;
mod follow;
mod latency;
mod load;
mod named;
mod query;
mod report;
mod values;

use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::NoTls;

use super::generate::{GenerateOptions, generate};
use super::{CommandResult, DatabaseArgs, block_on};
use crate::config::{Config, Overrides};
use crate::wire::ids::AccountId;

/// Make test data, and measure a server
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    Generate(Generate),
    Query(query::Query),
    Load(load::Load),
}

/// Fill an account with generated mail
#[derive(Debug, clap::Args)]
struct Generate {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The account, which must exist
    #[arg(long, value_name = "NAME")]
    account: String,

    /// How many messages
    #[arg(long, default_value_t = 100_000)]
    messages: usize,

    /// Where the random numbers start; the same seed gives the same mail
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// When the newest message came; the oldest came five years before
    #[arg(long, value_name = "RFC3339", default_value = "2026-01-01T00:00:00Z")]
    until: DateTime<Utc>,
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

impl Generate {
    async fn run(self) -> CommandResult {
        let overrides = Overrides { database_url: self.database.database_url, ..Overrides::default() };
        let config = Config::load(self.database.config.as_deref(), overrides)?;
        let url = config.database_url()?.expose();
        // A database for measurements is near: no TLS, and no timeout for statements as the pool has it.
        let (mut client, connection) =
            tokio_postgres::connect(url, NoTls).await.context("the database cannot be reached")?;
        let connection = tokio::spawn(connection);
        let account = client
            .query_opt(include_str!("../../sql/account/by_name.sql"), &[&self.account])
            .await?
            .with_context(|| format!("there is no account {:?}", self.account))?;
        let options = GenerateOptions { messages: self.messages, seed: self.seed, until: self.until };
        let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
            .context("the progress bar has no such template")?;
        let bar = ProgressBar::new(self.messages as u64).with_style(style);
        generate(&mut client, AccountId(account.get(0)), &options, |made| bar.set_position(made as u64))
            .await?;
        client.batch_execute("VACUUM ANALYZE").await?;
        bar.finish();
        drop(client);
        connection.await.context("the connection's task was aborted")??;
        Ok(ExitCode::SUCCESS)
    }
}
