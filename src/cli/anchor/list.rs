//! `signet anchor list`.

use std::process::ExitCode;

use serde_json::json;

use super::{CommandResult, DatabaseArgs, demands, described};
use crate::smime::{Certificate, Revocation};
use crate::store::trust::{self, Anchor};
use crate::wire::date::utc_date;

/// List the trust anchors, with what is demanded of the chains that end at them
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseArgs,

    /// As JSON: an array of objects
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let anchors = store.transaction("anchor/list", async |t| trust::anchors(t).await).await?;
        if self.json {
            let anchors = anchors.into_iter().map(as_json).collect::<anyhow::Result<Vec<_>>>()?;
            println!("{}", serde_json::to_string_pretty(&anchors)?);
            return Ok(ExitCode::SUCCESS);
        }
        for anchor in anchors {
            let certificate = Certificate(anchor.der);
            let mut line = format!("{}\t{}", described(&certificate, &certificate.parse()?), anchor.name);
            for demand in demands::told(&anchor.policy) {
                line.push('\t');
                line.push_str(&demand);
            }
            println!("{line}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(anchor: Anchor) -> anyhow::Result<serde_json::Value> {
    let (certificate, policy) = (Certificate(anchor.der), anchor.policy);
    let parsed = certificate.parse()?;
    Ok(json!({
        "fingerprint": hex::encode(anchor.fingerprint),
        "name": anchor.name,
        "subject": parsed.subject,
        "notBefore": utc_date(parsed.not_before),
        "notAfter": utc_date(parsed.not_after),
        "addedAt": utc_date(anchor.added_at),
        "revocation": policy.revocation.map(Revocation::as_str),
        "trustedFrom": policy.trusted_from.map(utc_date),
        "trustedUntil": policy.trusted_until.map(utc_date),
        "algorithms": policy.algorithms,
        "policies": policy.policies,
    }))
}
