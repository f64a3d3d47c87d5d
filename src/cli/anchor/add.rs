//! `signet anchor add`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::demands::Demands;
use super::{CommandResult, DatabaseArgs, described, reverify, system};
use crate::cli::material;
use crate::smime::{AnchorPolicy, Certificate};
use crate::store::trust::{self, Anchor};

/// Add trust anchors; messages that failed for want of them are verified again, at delivery too
///
/// An anchor that is known already stays as it is; `signet anchor change` gives it other demands.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    #[command(flatten)]
    database: DatabaseArgs,

    /// What to call it; the subject, if this is left out
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    demands: Demands,

    /// Add the roots that this machine's operating system trusts for e-mail
    #[arg(long, conflicts_with = "paths")]
    system: bool,

    /// Certificates in PEM (one or many in a file) or DER, or folders of them
    #[arg(required_unless_present = "system", value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Add {
    pub(super) async fn run(self) -> CommandResult {
        let policy = self.demands.over(AnchorPolicy::default())?;
        let paths = if self.system { vec![system::email_roots(system::BUNDLES)?] } else { self.paths };
        let certificates = material::certificates(&paths)?;
        let trust = self.database.open_trust().await?;
        let added_at = trust.store().clock().now();
        let anchors: Vec<Anchor> = certificates
            .iter()
            .map(|certificate| {
                let name = self
                    .name
                    .clone()
                    .map_or_else(|| Ok(certificate.parse()?.subject), Ok::<_, anyhow::Error>);
                Ok(Anchor {
                    fingerprint: certificate.fingerprint(),
                    der: certificate.0.clone(),
                    name: name?,
                    added_at,
                    policy: policy.clone(),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let added = trust
            .store()
            .transaction("anchor/add", async |transaction| trust::add_anchors(transaction, &anchors).await)
            .await?;
        for anchor in anchors {
            let word = if added.new.contains(&anchor.fingerprint) { "added" } else { "known" };
            let certificate = Certificate(anchor.der);
            println!("{word} {}", described(&certificate, &certificate.parse()?));
        }
        if let Some(reverification) = added.reverification {
            reverify::drain(&trust, reverification).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
