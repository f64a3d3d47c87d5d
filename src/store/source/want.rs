//! What verdicts want, and verdicts that wait for it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use openssl::sha::Sha256;
use tokio_postgres::types::ToSql;

use super::SourceKind;
use crate::store::signer::SignerId;
use crate::store::{StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId};

/// The fingerprints of the certificate that a responder is asked about, and of its issuer.
pub type About = ([u8; 32], [u8; 32]);

/// A source that a verdict wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// What it gives.
    pub kind: SourceKind,
    /// Where it is.
    pub url: String,
    /// The host of the URL.
    pub host: String,
    /// For OCSP, whom the responder is asked about.
    pub about: Option<About>,
    /// Whether the verdict could be another one with it.
    pub is_missing: bool,
}

/// How many sources there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of one host.
    pub per_host: i64,
    /// Of issuers on one host, new within the period.
    pub issuers_per_host: i64,
    /// Of issuers on all hosts, new within the period.
    pub issuers_in_all: i64,
    /// The period.
    pub period: Duration,
}

/// What came of a verdict's wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanting {
    /// The verdict wants something that it did not want before: what it rests on must be looked at again after this
    /// transaction, since what was fetched meanwhile would not be told to it.
    pub is_new: bool,
    /// A source that the verdict lacks is about to be fetched.
    pub is_coming: bool,
}

impl Want {
    fn key(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(self.kind.as_str().as_bytes());
        sha.update(b"\0");
        sha.update(self.url.as_bytes());
        if let Some((certificate, issuer)) = &self.about {
            sha.update(b"\0");
            sha.update(certificate);
            sha.update(issuer);
        }
        sha.finish()
    }
}

/// Notes that the verdict of a signer wants these sources and no others. Sources beyond the bounds are left out. Done
/// under the lock of the verdict.
pub async fn want(
    transaction: &Transaction<'_>,
    signer: SignerId,
    wants: &[Want],
    bounds: &Bounds,
) -> Result<Wanting, StoreError> {
    let wants: HashMap<[u8; 32], &Want> = wants.iter().map(|want| (want.key(), want)).collect();
    let mut known = known(transaction, signer, &wants).await?;
    if known.sources.len() < wants.len() {
        let missing: Vec<(&[u8; 32], &Want)> = wants
            .iter()
            .filter(|(key, _)| !known.sources.iter().any(|source| source.key == **key))
            .map(|(key, want)| (key, *want))
            .collect();
        if insert(transaction, &missing, bounds).await? > 0 {
            notify(transaction).await?;
            known = self::known(transaction, signer, &wants).await?;
        }
    }
    let now = transaction.now();
    let is_missing = |source: &Known| wants.get(&source.key).is_some_and(|want| want.is_missing);
    let is_new = known.sources.iter().any(|source| source.was_missing.is_none());
    let is_same = known.wanted == known.sources.len()
        && known.sources.iter().all(|source| source.was_missing == Some(is_missing(source)));
    if !is_same {
        let ids: Vec<i64> = known.sources.iter().map(|source| source.id).collect();
        let missing: Vec<bool> = known.sources.iter().map(is_missing).collect();
        transaction.execute(sql!("source/want"), &[&signer.0, &ids, &missing]).await?;
    }
    let lacking: Vec<&Known> = known.sources.iter().filter(|source| is_missing(source)).collect();
    // Due, or so new that a node whose clock is ahead has only just made it.
    let is_coming = lacking.iter().any(|source| source.due_at <= now || source.is_untried);
    Ok(Wanting { is_new, is_coming })
}

/// A source that is known.
struct Known {
    id: i64,
    key: [u8; 32],
    due_at: DateTime<Utc>,
    is_untried: bool,
    /// Whether the verdict lacked it at its last evaluation; none if it did not want it.
    was_missing: Option<bool>,
}

struct KnownSources {
    sources: Vec<Known>,
    /// How many sources the verdict wanted at its last evaluation.
    wanted: usize,
}

async fn known(
    transaction: &Transaction<'_>,
    signer: SignerId,
    wants: &HashMap<[u8; 32], &Want>,
) -> Result<KnownSources, StoreError> {
    let keys: Vec<&[u8]> = wants.keys().map(<[u8; 32]>::as_slice).collect();
    let rows = transaction.query(sql!("source/known"), &[&keys, &signer.0]).await?;
    let mut sources = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = TableRow::new("source", row);
        let key: &[u8] = row.value("key")?;
        sources.push(Known {
            id: row.value("id")?,
            key: key.try_into().map_err(|_| row.corrupt("key", format!("{} octets", key.len())))?,
            due_at: row.value("due_at")?,
            is_untried: row.value::<Option<DateTime<Utc>>>("last_attempt_at")?.is_none(),
            was_missing: row.value("is_missing")?,
        });
    }
    let row = transaction.query_opt(sql!("source/count_wanted"), &[&signer.0]).await?;
    let wanted = match row {
        Some(row) => TableRow::new("signer_source", &row).value::<i64>("wanted")?,
        None => 0,
    };
    Ok(KnownSources { sources, wanted: usize::try_from(wanted).unwrap_or_default() })
}

async fn insert(
    transaction: &Transaction<'_>,
    wants: &[(&[u8; 32], &Want)],
    bounds: &Bounds,
) -> Result<u64, StoreError> {
    let keys: Vec<&[u8]> = wants.iter().map(|(key, _)| key.as_slice()).collect();
    let kinds: Vec<&str> = wants.iter().map(|(_, want)| want.kind.as_str()).collect();
    let urls: Vec<&str> = wants.iter().map(|(_, want)| want.url.as_str()).collect();
    let hosts: Vec<&str> = wants.iter().map(|(_, want)| want.host.as_str()).collect();
    let about = |part: fn(&About) -> &[u8; 32]| -> Vec<Option<&[u8]>> {
        wants.iter().map(|(_, want)| want.about.as_ref().map(|about| part(about).as_slice())).collect()
    };
    let (certificates, issuers) = (about(|about| &about.0), about(|about| &about.1));
    let now = transaction.now();
    let since = now - chrono::Duration::from_std(bounds.period).unwrap_or_default();
    let parameters: [&(dyn ToSql + Sync); 11] = [
        &keys,
        &kinds,
        &urls,
        &hosts,
        &certificates,
        &issuers,
        &now,
        &since,
        &bounds.issuers_per_host,
        &bounds.issuers_in_all,
        &bounds.per_host,
    ];
    transaction.execute(sql!("source/insert"), &parameters).await
}

/// Tells all nodes that a source is due.
pub async fn notify(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.query(sql!("source/notify"), &[]).await.map(drop)
}

/// Lets a verdict wait for its sources: it says what it said before until one of them was tried, or until the wait has
/// lasted as long as it may; `false` if it has.
pub async fn wait(
    transaction: &Transaction<'_>,
    signer: SignerId,
    patience: Duration,
) -> Result<bool, StoreError> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&signer.0, &transaction.now(), &patience.as_secs_f64()];
    Ok(transaction.query_opt(sql!("source/wait"), &parameters).await?.is_some())
}

/// Ends the wait of a verdict.
pub async fn stop_waiting(transaction: &Transaction<'_>, signer: SignerId) -> Result<(), StoreError> {
    transaction.execute(sql!("source/stop_waiting"), &[&signer.0]).await.map(drop)
}

/// The signers whose verdicts decide these emails and wait.
pub async fn waiting_for_emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<Vec<SignerId>, StoreError> {
    let emails: Vec<i64> = emails.iter().map(|email| email.0).collect();
    signers(transaction.query(sql!("signer/waiting_for_emails"), &[&account.0, &emails]).await?)
}

/// The signers whose verdicts decide emails of this account and wait, at most `limit` of them.
pub async fn waiting_for_account(
    transaction: &Transaction<'_>,
    account: AccountId,
    limit: i64,
) -> Result<Vec<SignerId>, StoreError> {
    signers(transaction.query(sql!("signer/waiting_for_account"), &[&account.0, &limit]).await?)
}

/// Those of these signers whose verdicts wait.
pub async fn waiting_among(
    transaction: &Transaction<'_>,
    among: &[SignerId],
) -> Result<Vec<SignerId>, StoreError> {
    let among: Vec<i64> = among.iter().map(|signer| signer.0).collect();
    signers(transaction.query(sql!("signer/waiting_among"), &[&among]).await?)
}

fn signers(rows: Vec<tokio_postgres::Row>) -> Result<Vec<SignerId>, StoreError> {
    rows.iter().map(|row| TableRow::new("verdict", row).value("signer_id").map(SignerId)).collect()
}
