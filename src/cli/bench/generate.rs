//! `signet bench generate`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::NoTls;

use crate::cli::account::hashed_password;
use crate::cli::generate::{Shape, generate_accounts};
use crate::cli::{CommandResult, DatabaseArgs};
use crate::provision;
use crate::store::{Store, account};
use crate::wire::ids::AccountId;

/// How fast the sizes of many accounts fall: the n-th has a share of 1 / n to the power of this.
const SIZES_FALL: f64 = 0.8;

/// Fill accounts with generated mail
///
/// Accounts that do not exist are made, with a login of their name each. Their password comes from --password-file, from
/// SIGNET_PASSWORD, or from the first line of standard input. All mail comes in one transaction; in a database without
/// mail, indexes are made when it is in.
#[derive(Debug, clap::Args)]
pub(super) struct Generate {
    #[command(flatten)]
    database: DatabaseArgs,

    /// An account, and how many messages it gets if that is not --messages; may be repeated
    #[arg(long = "account", value_name = "NAME[=MESSAGES]", required_unless_present = "accounts")]
    named: Vec<Named>,

    /// That many accounts, user1@generated.example and so on, which share --messages by a power law
    #[arg(long, value_name = "N", conflicts_with = "named")]
    accounts: Option<usize>,

    /// How many messages
    #[arg(long, default_value_t = 100_000)]
    messages: usize,

    /// Half of the messages have more words than this
    #[arg(long, default_value_t = Shape::WORDS)]
    words: usize,

    /// Where the random numbers start; the same seed gives the same mail
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// When the newest message came; the oldest came five years before
    #[arg(long, value_name = "RFC3339", default_value = "2026-01-01T00:00:00Z")]
    until: DateTime<Utc>,

    /// A file whose first line is the password of accounts that are made
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// An account on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    name: String,
    messages: Option<usize>,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, messages) = match text.rsplit_once('=') {
            Some((name, messages)) => {
                let messages =
                    messages.parse().map_err(|_| format!("{messages:?} is no number of messages"))?;
                (name, Some(messages))
            }
            None => (text, None),
        };
        match crate::cli::account::is_name(name) {
            true => Ok(Self { name: name.to_lowercase(), messages }),
            false => Err(format!("{name:?} is no name: it holds a colon, a space or nothing at all")),
        }
    }
}

impl Generate {
    pub(super) async fn run(self) -> CommandResult {
        let sizes = self.find_or_make_accounts().await?;
        let config = self.database.load()?;
        // A database for measurements is near: no TLS, and no timeout for statements as the pool has it.
        let mut options: tokio_postgres::Config = config.database_url()?.expose().parse()?;
        if let Some(password) = config.database_password()? {
            options.password(password.expose());
        }
        let (mut client, connection) =
            options.connect(NoTls).await.context("the database cannot be reached")?;
        let connection = tokio::spawn(connection);
        let style =
            ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} {per_sec} {elapsed} {msg}")
                .context("the progress bar has no such template")?;
        let all: usize = sizes.values().sum();
        let bar = ProgressBar::new(all as u64).with_style(style);
        let shape = Shape { seed: self.seed, until: self.until, words: self.words };
        generate_accounts(&mut client, &sizes, &shape, |made| {
            bar.set_position(made as u64);
            if made == all {
                bar.set_message("indexes, counters");
            }
        })
        .await?;
        bar.set_message("statistics");
        client.batch_execute("VACUUM ANALYZE").await?;
        bar.finish();
        drop(client);
        connection.await.context("the connection's task was aborted")??;
        Ok(ExitCode::SUCCESS)
    }

    /// The accounts with their numbers of messages.
    async fn find_or_make_accounts(&self) -> anyhow::Result<BTreeMap<AccountId, usize>> {
        let wanted: Vec<(String, usize)> = match self.accounts {
            Some(count) => {
                ensure!((1..=self.messages).contains(&count), "each account needs a message at least");
                let names = (1..=count).map(|number| format!("user{number}@generated.example"));
                names.zip(shares(self.messages, count)).collect()
            }
            None => {
                let size = |named: &Named| (named.name.clone(), named.messages.unwrap_or(self.messages));
                self.named.iter().map(size).collect()
            }
        };
        let store = self.database.open().await?;
        let mut sizes = BTreeMap::new();
        let mut hash = None;
        for (name, messages) in wanted {
            let id = match find(&store, &name).await? {
                Some(id) => id,
                None => {
                    let hash = match &mut hash {
                        Some(hash) => hash,
                        none => none.insert(hashed_password(self.password_file.as_deref())?),
                    };
                    let made = provision::create_account(&store, &name, hash).await?;
                    made.with_context(|| format!("there is a login called {name:?} already, and no account"))?
                }
            };
            if sizes.insert(id, messages).is_some() {
                bail!("the account {name:?} is named twice");
            }
        }
        Ok(sizes)
    }
}

async fn find(store: &Store, name: &str) -> anyhow::Result<Option<AccountId>> {
    let found = store
        .transaction("cli/account", async |transaction| account::by_name(transaction, name).await)
        .await?;
    Ok(found)
}

/// So many messages by a power law, at least one for each of the accounts, of which there are no more.
fn shares(messages: usize, accounts: usize) -> Vec<usize> {
    let weights: Vec<f64> = (1..=accounts).map(|rank| (rank as f64).powf(-SIZES_FALL)).collect();
    let total: f64 = weights.iter().sum();
    let spare = messages - accounts;
    let mut shares: Vec<usize> =
        weights.iter().map(|weight| 1 + (spare as f64 * weight / total) as usize).collect();
    // What rounding left over goes to the largest.
    shares[0] += messages - shares.iter().sum::<usize>();
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_share_all_messages_and_nobody_goes_without() {
        for (messages, accounts) in [(100_000, 100), (7, 7), (8, 7), (1, 1)] {
            let shares = shares(messages, accounts);
            assert_eq!(shares.iter().sum::<usize>(), messages);
            assert!(shares.len() == accounts && shares.iter().rev().is_sorted() && !shares.contains(&0));
        }
    }

    #[test]
    fn an_account_may_come_with_its_size() {
        let named = |text: &str| Named::from_str(text);
        assert_eq!(named("Ann@x=20"), Ok(Named { name: "ann@x".to_owned(), messages: Some(20) }));
        assert_eq!(named("ann@x").map(|named| named.messages), Ok(None));
        assert!(named("ann@x=many").is_err() && named("=3").is_err() && named("a b").is_err());
    }
}
