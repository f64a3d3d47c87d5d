//! `signet import`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::{CommandResult, DatabaseArgs, block_on};
use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::delivery::import::{Tally, Watcher, import};
use crate::delivery::source::Messages;
use crate::lifecycle;
use crate::store::mailbox::{self, Mailbox};
use crate::store::{Store, account, schema};
use crate::telemetry::Metrics;
use crate::wire::ids::{AccountId, MailboxId};

/// Import messages from .eml files, mbox files, Maildirs, or folders of them
///
/// Messages are stored byte for byte. When each came is what its newest Received field says, else the mbox's postmark,
/// else the date of the file. Flags of a Maildir become keywords; messages marked as trashed are left out. What is broken
/// is named and the rest goes on. What the account holds already is not imported again.
///
/// Exit status: 0 if nothing was broken, 1 otherwise.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The name of the account
    #[arg(long, value_name = "NAME")]
    account: String,

    /// The mailbox: its role, or its name, below others as in "Projects/Signet"
    #[arg(long, value_name = "MAILBOX", default_value = "inbox")]
    mailbox: String,

    /// Leave out messages of more than this many octets
    #[arg(long, value_name = "OCTETS", default_value_t = 50 * 1024 * 1024)]
    max_size: u64,

    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Import {
    pub(super) fn run(self) -> CommandResult {
        block_on(self.import())
    }

    async fn import(self) -> CommandResult {
        let overrides =
            Overrides { database_url: self.database.database_url.clone(), ..Overrides::default() };
        let config = Config::load(self.database.config.as_deref(), overrides)?;
        let store = lifecycle::connect(&config, Clock::system()).await?;
        schema::check(&store).await?;
        let account = find_account(&store, &self.account).await?;
        let mailbox = find_mailbox(&store, account, &self.mailbox).await?;
        let trust = lifecycle::trust(&config, store, Metrics::new())?;
        let mut progress = Progress::over(Messages::total_size(self.paths.clone()))?;
        let started = Instant::now();
        let messages = Messages::new(self.paths, self.max_size);
        let tally = import(&trust, account, mailbox, messages, &mut progress).await?;
        progress.bar.finish_and_clear();
        println!("{}", summary(tally, started.elapsed()));
        Ok(ExitCode::from(u8::from(tally.broken > 0)))
    }
}

fn summary(tally: Tally, elapsed: Duration) -> String {
    let Tally { imported, already_there, broken } = tally;
    let seconds = elapsed.as_secs_f64();
    let rate = (imported + already_there) as f64 / seconds.max(0.001);
    format!(
        "imported {imported}, already there {already_there}, broken {broken}: {seconds:.1} s, {rate:.0} a second"
    )
}

/// The account of this name.
pub(super) async fn find_account(store: &Store, name: &str) -> anyhow::Result<AccountId> {
    let name = name.to_lowercase();
    let found = store
        .transaction("import/account", async |transaction| account::by_name(transaction, &name).await)
        .await?;
    found.with_context(|| {
        format!("there is no account {name:?}; `signet account list` shows those that exist")
    })
}

/// By role, or by the names from the top.
async fn find_mailbox(store: &Store, account: AccountId, wanted: &str) -> anyhow::Result<MailboxId> {
    let mailboxes = store
        .transaction("import/mailboxes", async |transaction| mailbox::all(transaction, account).await)
        .await?;
    let path = |mailbox: &Mailbox| {
        let mut names = vec![mailbox.settings.name.as_str()];
        let mut parent = mailbox.settings.parent;
        while let Some(above) = parent.and_then(|id| mailboxes.get(&id))
            && names.len() <= mailboxes.len()
        {
            names.push(&above.settings.name);
            parent = above.settings.parent;
        }
        names.reverse();
        names.join("/")
    };
    let has_role = |mailbox: &&Mailbox| mailbox.settings.role.as_deref() == Some(&wanted.to_lowercase());
    let named = mailboxes.values().find(|mailbox| path(mailbox) == wanted);
    match named.or_else(|| mailboxes.values().find(has_role)) {
        Some(mailbox) => Ok(mailbox.id),
        None => {
            let known: Vec<String> = mailboxes.values().map(path).collect();
            bail!("the account has no mailbox {wanted:?}; it has: {}", known.join(", "))
        }
    }
}

/// A bar on a terminal, nothing elsewhere; what is broken is told on stderr in both cases.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn over(octets: u64) -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?;
        Ok(Self { bar: ProgressBar::new(octets).with_style(style) })
    }
}

impl Watcher for Progress {
    fn advanced(&mut self, octets: u64) {
        self.bar.inc(octets);
    }

    fn refused(&mut self, name: &str, reason: &str) {
        self.bar.suspend(|| eprintln!("{name}: {reason}"));
    }
}
