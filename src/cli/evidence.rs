//! `signet evidence`.

use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Name};

use super::{CommandResult, DatabaseArgs, block_on};
use crate::store::source::{self, EvidenceRow, SourceRow};
use crate::trust::Attempt;
use crate::wire::date::utc_date;

/// Show and fetch evidence from the network: CRLs, OCSP responses and issuers that certificates name
#[derive(Debug, clap::Args)]
pub(super) struct Evidence {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    List(List),
    Fetch(Fetch),
}

/// List the sources that verdicts want, with what became of them, and the evidence of revocation that is stored
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,

    /// Only sources whose last attempt failed
    #[arg(long)]
    failing: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Fetch now what verdicts want, and evaluate the verdicts that follow
///
/// Exit status: 0 if everything came, 1 otherwise.
#[derive(Debug, clap::Args)]
struct Fetch {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The URL of a source, as `list` shows it; it is fetched whether it is due or not
    #[arg(required_unless_present = "due")]
    url: Option<String>,

    /// Everything that is due
    #[arg(long, conflicts_with = "url")]
    due: bool,
}

impl Evidence {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::List(list) => list.run().await,
                Action::Fetch(fetch) => fetch.run().await,
            }
        })
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let listed = store.transaction("evidence/list", async |transaction| {
            let sources = source::list(transaction, self.failing).await?;
            let evidence = if self.failing { Vec::new() } else { source::evidence(transaction).await? };
            Ok((sources, evidence))
        });
        let (sources, evidence) = listed.await?;
        if self.json {
            let sources: Vec<Value> = sources.iter().map(source_json).collect();
            let evidence: Vec<Value> = evidence.iter().map(evidence_json).collect();
            println!("{:#}", json!({"sources": sources, "evidence": evidence}));
        } else {
            sources.iter().for_each(|source| println!("{}", source_line(source)));
            evidence.iter().for_each(|evidence| println!("{}", evidence_line(evidence)));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Fetch {
    async fn run(self) -> CommandResult {
        let trust = self.database.open_trust().await?;
        if !trust.fetches() {
            bail!("nothing is fetched: `enabled` in [fetch] is false");
        }
        let attempts = match &self.url {
            Some(url) => trust.fetch_url(url).await?,
            None => trust.fetch_due().await?,
        };
        if let (Some(url), true) = (&self.url, attempts.is_empty()) {
            bail!("no verdict wants anything of {url}, or a node fetches it now");
        }
        attempts.iter().for_each(|attempt| println!("{}", attempt_line(attempt)));
        let (mut verdicts, mut emails) = (0, 0);
        while let Some(worked) = trust.work().await? {
            verdicts += worked.verdicts;
            emails += worked.moved.emails;
        }
        println!("verdicts evaluated here: {verdicts}; messages changed: {emails}");
        let has_failed = |attempt: &Attempt| !attempt.is_good();
        Ok(ExitCode::from(u8::from(attempts.iter().any(has_failed))))
    }
}

fn date(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "never".to_owned(), utc_date)
}

fn source_line(source: &SourceRow) -> String {
    let state = match &source.last_error {
        Some((code, detail)) => format!("failed {} times: {code}, {detail}", source.attempts),
        None if source.last_success_at.is_some() => "good".to_owned(),
        None => "not tried yet".to_owned(),
    };
    format!(
        "{}\t{}\tlast success {}\tnext attempt {}\twanted by {} verdicts, lacked by {}\t{state}",
        source.kind.as_str(),
        source.url,
        date(source.last_success_at),
        utc_date(source.due_at),
        source.verdicts,
        source.lacking,
    )
}

fn evidence_line(evidence: &EvidenceRow) -> String {
    let next_update = evidence.next_update.map_or_else(|| "none".to_owned(), utc_date);
    format!(
        "{}\t{}\tthisUpdate {}\tnextUpdate {next_update}\t{}\t{} octets",
        evidence.kind,
        name(&evidence.issuer),
        utc_date(evidence.this_update),
        evidence.source,
        evidence.octets,
    )
}

fn attempt_line(attempt: &Attempt) -> String {
    let next = utc_date(attempt.next_at);
    match attempt.is_good() {
        true => format!("{}\t{}\tnext attempt {next}", attempt.url, attempt.outcome),
        false => format!("{}\t{}: {}\tnext attempt {next}", attempt.url, attempt.outcome, attempt.detail),
    }
}

fn source_json(source: &SourceRow) -> Value {
    let error = source.last_error.as_ref().map(|(code, detail)| json!({"code": code, "detail": detail}));
    json!({
        "kind": source.kind.as_str(),
        "url": source.url,
        "certificate": source.certificate,
        "lastAttempt": source.last_attempt_at.map(utc_date),
        "lastSuccess": source.last_success_at.map(utc_date),
        "error": error,
        "failures": source.attempts,
        "nextAttempt": utc_date(source.due_at),
        "isBeingFetched": source.is_leased,
        "thisUpdate": source.this_update.map(utc_date),
        "nextUpdate": source.next_update.map(utc_date),
        "wantedBy": source.verdicts,
        "lackedBy": source.lacking,
    })
}

fn evidence_json(evidence: &EvidenceRow) -> Value {
    json!({
        "kind": evidence.kind,
        "sha256": hex::encode(&evidence.digest),
        "issuer": name(&evidence.issuer),
        "thisUpdate": utc_date(evidence.this_update),
        "nextUpdate": evidence.next_update.map(utc_date),
        "source": evidence.source,
        "octets": evidence.octets,
    })
}

fn name(der: &[u8]) -> String {
    X509Name::from_der(der).map_or_else(|_| "unreadable".to_owned(), |(_, name)| name.to_string())
}
