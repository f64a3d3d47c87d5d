//! `signet anchor change`.

use std::process::ExitCode;

use anyhow::bail;

use super::demands::{self, Demands};
use super::{CommandResult, DatabaseArgs, find, reverify};
use crate::store::trust;

/// Change the name of a trust anchor, or what is demanded of the chains that end at it
///
/// What is not named stays as it is. Where the demands become laxer, messages that failed at delivery are looked at
/// again; what was verified at delivery stays so, however strict they become.
#[derive(Debug, clap::Args)]
pub(super) struct Change {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The beginning of its fingerprint, as `list` shows it
    #[arg(value_name = "FINGERPRINT")]
    fingerprint: String,

    /// What to call it
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    demands: Demands,
}

impl Change {
    pub(super) async fn run(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        let mut anchor = find(trust.store(), &self.fingerprint).await?;
        let before = anchor.clone();
        anchor.policy = self.demands.over(anchor.policy)?;
        anchor.name = self.name.unwrap_or(anchor.name);
        if anchor == before {
            bail!("nothing of it would be another than it is");
        }
        let changed = trust.store().transaction("anchor/change", async |transaction| {
            trust::change_anchor(transaction, &anchor, trust.revocation()).await
        });
        let reverification = changed.await?;
        let told = demands::told(&anchor.policy);
        let told = if told.is_empty() { "no demands of its own".to_owned() } else { told.join(", ") };
        println!("changed {} {}: {told}", hex::encode(anchor.fingerprint), anchor.name);
        if let Some(reverification) = reverification {
            reverify::drain(&trust, reverification).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
