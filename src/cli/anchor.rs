//! `signet anchor`.

mod add;
mod change;
mod demands;
mod list;
mod system;

use std::process::ExitCode;

use anyhow::{bail, ensure};

use super::{CommandResult, DatabaseArgs, block_on, reverify};
use crate::smime::{Certificate, ParsedCertificate};
use crate::store::Store;
use crate::store::trust::{self, Anchor};
use crate::wire::date::utc_date;

/// Decide whom to trust: the roots that the certificates of senders must lead up to
#[derive(Debug, clap::Args)]
pub(super) struct AnchorCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Add(add::Add),
    Change(change::Change),
    Remove(Remove),
    List(list::List),
}

/// Remove a trust anchor; statuses at delivery stay as they were
#[derive(Debug, clap::Args)]
struct Remove {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The beginning of its fingerprint, as `list` shows it
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: String,
}

impl AnchorCommand {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::Add(add) => add.run().await,
                Action::Change(change) => change.run().await,
                Action::Remove(remove) => remove.run().await,
                Action::List(list) => list.run().await,
            }
        })
    }
}

impl Remove {
    async fn run(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        let anchor = find(trust.store(), &self.fingerprint).await?;
        let removed = trust.store().transaction("anchor/remove", async |transaction| {
            trust::remove_anchor(transaction, &anchor.fingerprint).await
        });
        let Some(reverification) = removed.await? else { bail!("somebody else has just removed it") };
        println!("removed {} {}", hex::encode(anchor.fingerprint), anchor.name);
        reverify::drain(&trust, reverification).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The one anchor whose fingerprint begins so.
async fn find(store: &Store, beginning: &str) -> anyhow::Result<Anchor> {
    let wanted = beginning.to_lowercase().replace(':', "");
    ensure!(wanted.len() >= 8, "give at least eight digits of the fingerprint");
    let anchors = store.transaction("anchor/list", async |t| trust::anchors(t).await).await?;
    let mut matching: Vec<Anchor> =
        anchors.into_iter().filter(|anchor| hex::encode(anchor.fingerprint).starts_with(&wanted)).collect();
    match (matching.pop(), matching.len()) {
        (None, _) => bail!("there is no trust anchor with a fingerprint that begins with {wanted}"),
        (Some(anchor), 0) => Ok(anchor),
        (_, others) => bail!("{} trust anchors have a fingerprint that begins with {wanted}", others + 1),
    }
}

fn described(certificate: &Certificate, parsed: &ParsedCertificate) -> String {
    format!(
        "{}\t{}\t{} to {}",
        hex::encode(certificate.fingerprint()),
        parsed.subject,
        utc_date(parsed.not_before),
        utc_date(parsed.not_after)
    )
}
