//! `signet account address`.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Subcommand;

use super::{DatabaseArgs, named};
use crate::cli::CommandResult;
use crate::store::address::{self, Address};

/// Say which addresses lead to an account
#[derive(Debug, clap::Args)]
pub(super) struct AddressCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(One),
    Remove(One),
    List(List),
}

/// Let an address lead to an account, or keep it from doing so
///
/// An address may lead to several accounts: each gets the mail. `@example.org` stands for all addresses of the domain that
/// lead nowhere else.
#[derive(Debug, clap::Args)]
struct One {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The account's name
    account: String,

    /// The address, or `@` and a domain
    address: String,
}

/// Show addresses with the accounts that they lead to
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The account's name; without it, all accounts
    account: Option<String>,
}

impl AddressCommand {
    pub(super) async fn run(self) -> CommandResult {
        match self.action {
            Action::Add(one) => one.change(true).await,
            Action::Remove(one) => one.change(false).await,
            Action::List(list) => list.run().await,
        }
    }
}

impl One {
    async fn change(self, is_added: bool) -> CommandResult {
        let address = Address::parse(&self.address)
            .with_context(|| format!("{:?} is neither an address nor `@` and a domain", self.address))?;
        let store = self.database.open().await?;
        let account = named(&store, &self.account).await?;
        let changed = store
            .transaction("cli/address", async |transaction| {
                if is_added {
                    address::add(transaction, &address, account).await
                } else {
                    address::remove(transaction, &address, account).await
                }
            })
            .await?;
        let (already, done) =
            if is_added { ("leads", "leads") } else { ("does not lead", "no longer leads") };
        ensure!(changed, "{address} {already} to {} already", self.account);
        println!("{address} {done} to {}", self.account);
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        if let Some(name) = &self.account {
            named(&store, name).await?;
        }
        let wanted = self.account.map(|name| name.to_lowercase());
        for (address, account) in address::list(&store).await? {
            if wanted.as_ref().is_none_or(|wanted| *wanted == account) {
                println!("{address}\t{account}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
