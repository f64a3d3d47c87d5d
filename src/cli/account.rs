//! `signet account`.

mod address;
mod quota;
mod sending;

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Subcommand;

use super::{CommandResult, DatabaseArgs, block_on};
use crate::http::password;
use crate::provision;
use crate::store::{Store, account, login};
use crate::wire::ids::AccountId;
use address::AddressCommand;
use quota::QuotaCommand;
use sending::SendingCommand;

/// Create, list and share accounts
#[derive(Debug, clap::Args)]
pub(super) struct Account {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    List(List),
    Grant(Grant),
    Revoke(Revoke),
    Password(Password),
    Address(AddressCommand),
    Quota(QuotaCommand),
    Sending(SendingCommand),
}

/// Create a login with an account of its own and the standard mailboxes
///
/// The password comes from --password-file, from SIGNET_PASSWORD, or from the first line of standard input; never
/// from the command line, which others on the machine can read.
#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The name to log in with, for example ann@example.org
    name: String,

    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Show all accounts
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Let a login use an account of somebody else
#[derive(Debug, clap::Args)]
struct Grant {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The login
    name: String,

    /// The account's name
    account: String,

    /// Let it read, and change nothing
    #[arg(long)]
    read_only: bool,
}

/// Take an account from a login
#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The login
    name: String,

    /// The account's name
    account: String,
}

/// Change the password of a login, on all nodes at once
#[derive(Debug, clap::Args)]
struct Password {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The login
    name: String,

    /// A file whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Account {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::Add(add) => add.run().await,
                Action::List(list) => list.run().await,
                Action::Grant(grant) => grant.run().await,
                Action::Revoke(revoke) => revoke.run().await,
                Action::Password(password) => password.run().await,
                Action::Address(address) => address.run().await,
                Action::Quota(quota) => quota.run().await,
                Action::Sending(sending) => sending.run().await,
            }
        })
    }
}

impl Add {
    async fn run(self) -> CommandResult {
        ensure!(
            is_name(&self.name),
            "{:?} is no name: it holds a colon, a space or nothing at all",
            self.name
        );
        let store = self.database.open().await?;
        let hash = hashed_password(self.password_file.as_deref())?;
        match provision::create_account(&store, &self.name, &hash).await? {
            Some(account) => println!("{account} {}", self.name.to_lowercase()),
            None => bail!("there is an account or a login called {:?} already", self.name),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        for account in account::list(&store).await? {
            println!(
                "{}\t{}\t{} emails\t{}",
                account.id,
                account.name,
                account.emails,
                account.logins.join(", ")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Grant {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let account = named(&store, &self.account).await?;
        let granted = store
            .transaction("cli/grant", async |transaction| {
                login::grant(transaction, &self.name, account, false, self.read_only).await
            })
            .await?;
        ensure!(granted, "there is no login called {:?}", self.name);
        println!("{} may {} {}", self.name, if self.read_only { "read" } else { "use" }, self.account);
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let account = named(&store, &self.account).await?;
        let revoked = store
            .transaction("cli/revoke", async |transaction| {
                login::revoke(transaction, &self.name, account).await
            })
            .await?;
        ensure!(revoked, "{:?} had no access to {:?}", self.name, self.account);
        println!("{} no longer reaches {}", self.name, self.account);
        Ok(ExitCode::SUCCESS)
    }
}

impl Password {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let hash = hashed_password(self.password_file.as_deref())?;
        let changed = store
            .transaction("cli/password", async |transaction| {
                login::set_password(transaction, &self.name, &hash).await
            })
            .await?;
        ensure!(changed, "there is no login called {:?}", self.name);
        println!("{} has a new password", self.name);
        Ok(ExitCode::SUCCESS)
    }
}

async fn named(store: &Store, name: &str) -> anyhow::Result<AccountId> {
    let name = name.to_lowercase();
    let account = store
        .transaction("cli/account", async |transaction| account::by_name(transaction, &name).await)
        .await?;
    account.with_context(|| format!("there is no account called {name:?}"))
}

/// The hash of the password that comes from the file, from SIGNET_PASSWORD, or from standard input.
pub(super) fn hashed_password(file: Option<&Path>) -> anyhow::Result<String> {
    let password = password(file)?;
    ensure!(!password.is_empty(), "the password is empty");
    password::hash(&password).context("the password cannot be hashed")
}

fn password(file: Option<&Path>) -> anyhow::Result<String> {
    let text = match (file, std::env::var("SIGNET_PASSWORD")) {
        (Some(file), _) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        (None, Ok(password)) => return Ok(password),
        (None, Err(_)) => {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .context("cannot read the password from standard input")?;
            line
        }
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// HTTP Basic ends the name at the first colon (RFC 7617 §2).
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace() || c.is_control())
}
