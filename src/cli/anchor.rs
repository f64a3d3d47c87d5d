//! `signet anchor`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{bail, ensure};

use super::{CommandResult, DatabaseArgs, block_on, material, reverify};
use crate::smime::{Certificate, ParsedCertificate};
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
    Add(Add),
    Remove(Remove),
    List(List),
}

/// Add trust anchors; messages that failed for want of them are verified again, at delivery too
#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    database: DatabaseArgs,

    /// What to call it; the subject, if this is left out
    #[arg(long)]
    name: Option<String>,

    /// Certificates in PEM or DER, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
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

/// List the trust anchors
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl AnchorCommand {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::Add(add) => add.run().await,
                Action::Remove(remove) => remove.run().await,
                Action::List(list) => list.run().await,
            }
        })
    }
}

impl Add {
    async fn run(self) -> CommandResult {
        let certificates = material::certificates(&self.paths)?;
        let trust = self.database.open_trust().await?;
        let mut added = 0;
        for certificate in &certificates {
            let parsed = certificate.parse()?;
            let name = self.name.clone().unwrap_or_else(|| parsed.subject.clone());
            let anchor = Anchor {
                fingerprint: certificate.fingerprint(),
                der: certificate.0.clone(),
                name,
                added_at: trust.store().clock().now(),
            };
            let store = trust.store();
            let is_new = store
                .transaction("anchor/add", async |transaction| trust::add_anchor(transaction, &anchor).await)
                .await?;
            println!("{} {}", if is_new { "added" } else { "known" }, described(certificate, &parsed));
            added += u64::from(is_new);
        }
        if added > 0 {
            reverify::drain(&trust).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Remove {
    async fn run(self) -> CommandResult {
        let wanted = self.fingerprint.to_lowercase().replace(':', "");
        ensure!(wanted.len() >= 8, "give at least eight digits of the fingerprint");
        let trust = self.database.open_trust().await?;
        let anchors = trust.store().transaction("anchor/list", async |t| trust::anchors(t).await).await?;
        let matching: Vec<&Anchor> =
            anchors.iter().filter(|anchor| hex::encode(anchor.fingerprint).starts_with(&wanted)).collect();
        let anchor = match matching.as_slice() {
            [] => bail!("there is no trust anchor with a fingerprint that begins with {wanted}"),
            [anchor] => *anchor,
            several => bail!("{} trust anchors have a fingerprint that begins with {wanted}", several.len()),
        };
        let removed = trust.store().transaction("anchor/remove", async |transaction| {
            trust::remove_anchor(transaction, &anchor.fingerprint).await
        });
        ensure!(removed.await?, "somebody else has just removed it");
        println!("removed {} {}", hex::encode(anchor.fingerprint), anchor.name);
        reverify::drain(&trust).await?;
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        for anchor in store.transaction("anchor/list", async |t| trust::anchors(t).await).await? {
            let certificate = Certificate(anchor.der);
            println!("{}\t{}", described(&certificate, &certificate.parse()?), anchor.name);
        }
        Ok(ExitCode::SUCCESS)
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
