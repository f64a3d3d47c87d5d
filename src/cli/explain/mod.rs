//! `signet explain`: why a stored message has the status that it has, and until when.

mod json;
mod next;
mod story;

use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};

use self::next::NextChange;
use super::{CommandResult, DatabaseArgs, block_on, import};
use crate::store::email::{self, StoredSmime};
use crate::store::{Store, trust};
use crate::wire::ids::{AccountId, EmailId};

/// Explain the status of a stored message's signature
///
/// Tells the facts, the verdict on each signer with its chain and the evidence that it rests on, both clocks, and when
/// the status can change next and why. Nothing is changed, unless --refresh is given.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The name of the account
    #[arg(long, value_name = "NAME")]
    account: String,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// Evaluate first what verdicts have run out
    #[arg(long)]
    refresh: bool,

    /// The id of the Email, as clients know it
    #[arg(value_name = "EMAIL-ID")]
    email: String,
}

impl Explain {
    pub(super) fn run(self) -> CommandResult {
        block_on(self.explain())
    }

    async fn explain(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        let account = import::find_account(trust.store(), &self.account).await?;
        let email = EmailId::parse(&self.email)
            .with_context(|| format!("{:?} is no id of an Email; they look like e17", self.email))?;
        if self.refresh {
            trust.refresh_signatures(account, &[email]).await?;
        }
        let explanation = Explanation::read(trust.store(), account, email).await?;
        if self.json {
            println!("{}", explanation.to_json());
        } else {
            print!("{}", explanation.story());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Everything that is to be told of one email.
#[derive(Debug)]
pub struct Explanation {
    account: AccountId,
    email: EmailId,
    now: DateTime<Utc>,
    stored: StoredSmime,
    next: NextChange,
}

impl Explanation {
    /// Reads it. An email that is not there, or that has nothing to explain, is an error.
    pub async fn read(store: &Store, account: AccountId, email: EmailId) -> anyhow::Result<Self> {
        let now = store.clock().now();
        let read = store.snapshot("email/explain", async |transaction| {
            let stored = email::explain(transaction, account, email).await?;
            Ok((stored, trust::anchors(transaction).await?))
        });
        let (stored, anchors) = read.await?;
        let Some(stored) = stored else { bail!("the account has no email {email}") };
        if stored.facts.is_none() {
            bail!("{email} has no S/MIME signature that could be explained: its smimeStatus is null");
        }
        let next = NextChange::of(&stored, &anchors, now);
        Ok(Self { account, email, now, stored, next })
    }
}
