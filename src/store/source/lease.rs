//! The work of fetching: leased, settled, and told to the verdicts that want it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{SourceId, SourceKind};
use crate::store::signer::SignerId;
use crate::store::{StoreError, Transaction, row::TableRow, sql};

/// A source that is leased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: SourceId,
    /// The number of the lease.
    pub lease: i64,
    /// What it gives.
    pub kind: SourceKind,
    /// Where it is.
    pub url: String,
    /// The host of the URL.
    pub host: String,
    /// For OCSP, the fingerprints of the certificate that is asked about and of its issuer.
    pub about: Option<(Vec<u8>, Vec<u8>)>,
    /// Attempts that failed since the last success.
    pub attempts: u32,
    /// thisUpdate of the newest content.
    pub this_update: Option<DateTime<Utc>>,
    /// nextUpdate of the newest content.
    pub next_update: Option<DateTime<Utc>>,
    /// ETag of the newest content.
    pub etag: Option<String>,
    /// Last-Modified of the newest content.
    pub last_modified: Option<String>,
    /// Whether it is to be fetched.
    pub is_due: bool,
    /// Whether verdicts still have to be told of the last attempt, which a node did not get to.
    pub is_untold: bool,
}

/// What is noted of content that came, or that is still what it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Whether it is newer than what was there: then all verdicts that want it are told.
    pub is_new: bool,
    /// thisUpdate.
    pub this_update: Option<DateTime<Utc>>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// ETag.
    pub etag: Option<String>,
    /// Last-Modified.
    pub last_modified: Option<String>,
}

impl Claim {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let row = TableRow::new("source", row);
        let certificate: Option<Vec<u8>> = row.value("certificate")?;
        let issuer: Option<Vec<u8>> = row.value("issuer")?;
        Ok(Self {
            id: SourceId(row.value("id")?),
            lease: row.value("lease")?,
            kind: SourceKind::of(&row)?,
            url: row.value("url")?,
            host: row.value("host")?,
            about: certificate.zip(issuer),
            attempts: u32::try_from(row.value::<i32>("attempts")?).unwrap_or_default(),
            this_update: row.value("this_update")?,
            next_update: row.value("next_update")?,
            etag: row.value("etag")?,
            last_modified: row.value("last_modified")?,
            is_due: row.value("is_due")?,
            is_untold: row.value::<Option<&str>>("tell")?.is_some(),
        })
    }
}

/// Leases the source that is due for longest, passing by those on busy hosts.
pub async fn claim(
    transaction: &Transaction<'_>,
    lease: Duration,
    busy_hosts: &[String],
) -> Result<Option<Claim>, StoreError> {
    let (now, until) = times(transaction, lease);
    let row = transaction.query_opt(sql!("source/claim"), &[&now, &until, &busy_hosts]).await?;
    row.as_ref().map(Claim::read).transpose()
}

/// Leases a source of which verdicts have to be told still, because a node died.
pub async fn claim_untold(
    transaction: &Transaction<'_>,
    lease: Duration,
) -> Result<Option<Claim>, StoreError> {
    let (now, until) = times(transaction, lease);
    let row = transaction.query_opt(sql!("source/claim_untold"), &[&now, &until]).await?;
    row.as_ref().map(Claim::read).transpose()
}

/// Leases sources that are due and that the verdicts of these signers lack, at most `limit` of them.
pub async fn claim_missing(
    transaction: &Transaction<'_>,
    lease: Duration,
    signers: &[SignerId],
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    let (now, until) = times(transaction, lease);
    let signers: Vec<i64> = signers.iter().map(|signer| signer.0).collect();
    let rows = transaction.query(sql!("source/claim_missing"), &[&now, &until, &signers, &limit]).await?;
    rows.iter().map(Claim::read).collect()
}

/// Leases all sources of a URL that nobody has, due or not.
pub async fn claim_url(
    transaction: &Transaction<'_>,
    lease: Duration,
    url: &str,
) -> Result<Vec<Claim>, StoreError> {
    let (now, until) = times(transaction, lease);
    let rows = transaction.query(sql!("source/claim_url"), &[&now, &until, &url]).await?;
    rows.iter().map(Claim::read).collect()
}

/// Ends a lease as if it had never been.
pub async fn release(transaction: &Transaction<'_>, claim: &Claim) -> Result<(), StoreError> {
    transaction.execute(sql!("source/release"), &[&claim.id.0, &claim.lease]).await.map(drop)
}

/// Notes that an attempt was good; the source is due again at `due_at`. The lease goes on until [`tell`] ends it;
/// `false` if it ran out, and another node has the source.
pub async fn succeed(
    transaction: &Transaction<'_>,
    claim: &Claim,
    content: &Content,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let parameters: [&(dyn ToSql + Sync); 9] = [
        &claim.id.0,
        &claim.lease,
        &transaction.now(),
        &due_at,
        &content.this_update,
        &content.next_update,
        &content.etag,
        &content.last_modified,
        &content.is_new,
    ];
    Ok(transaction.execute(sql!("source/succeed"), &parameters).await? == 1)
}

/// Notes that an attempt failed, by a short code and in words; the source is due again at `due_at`. As [`succeed`].
pub async fn fail(
    transaction: &Transaction<'_>,
    claim: &Claim,
    error: &str,
    detail: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let parameters: [&(dyn ToSql + Sync); 6] =
        [&claim.id.0, &claim.lease, &transaction.now(), &due_at, &error, &detail];
    Ok(transaction.execute(sql!("source/fail"), &parameters).await? == 1)
}

/// How far verdicts were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Up to the one of this signer; there may be more.
    UpTo(SignerId),
    /// All of them; the lease has ended.
    All,
}

/// Makes up to `limit` verdicts due that want a source, from after a signer on: all of them after new content, else
/// those that lack it. It waits for evaluations that are under way. After the last ones it ends the lease and wakes the
/// workers.
pub async fn tell(
    transaction: &Transaction<'_>,
    claim: &Claim,
    after: SignerId,
    limit: i64,
) -> Result<Told, StoreError> {
    transaction.query(sql!("trust/lock_shared"), &[]).await?;
    let row = transaction.query_opt(sql!("source/to_tell"), &[&claim.id.0, &claim.lease]).await?;
    let Some(row) = row else { return Ok(Told::All) };
    let is_for_all = TableRow::new("source", &row).value::<Option<&str>>("tell")? == Some("all");
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&claim.id.0, &transaction.now(), &after.0, &limit, &!is_for_all];
    let rows = transaction.query(sql!("source/tell"), &parameters).await?;
    let ids: Vec<i64> = rows
        .iter()
        .map(|row| TableRow::new("verdict", row).value("signer_id"))
        .collect::<Result<_, StoreError>>()?;
    match ids.iter().max() {
        Some(last) if ids.len() as i64 >= limit => Ok(Told::UpTo(SignerId(*last))),
        _ => {
            transaction.execute(sql!("source/told"), &[&claim.id.0, &claim.lease]).await?;
            transaction.query(sql!("trust/notify"), &[]).await?;
            Ok(Told::All)
        }
    }
}

/// When a source that nobody has is due next.
pub async fn next_due(transaction: &Transaction<'_>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = transaction.query_opt(sql!("source/next_due"), &[&transaction.now()]).await?;
    row.map_or(Ok(None), |row| TableRow::new("source", &row).value("due_at"))
}

/// How many sources are due, and how many failed at the last attempt.
pub async fn counts(transaction: &Transaction<'_>) -> Result<(i64, i64), StoreError> {
    let row = transaction.query_opt(sql!("source/counts"), &[&transaction.now()]).await?;
    let Some(row) = row else { return Ok((0, 0)) };
    let row = TableRow::new("source", &row);
    Ok((row.value("due")?, row.value("failing")?))
}

/// Notes which sources are wanted still, and forgets those that were not for `unwanted`; gives how many.
pub async fn forget(transaction: &Transaction<'_>, unwanted: Duration) -> Result<u64, StoreError> {
    let now = transaction.now();
    let yesterday = now - chrono::Duration::days(1);
    transaction.execute(sql!("source/still_wanted"), &[&now, &yesterday]).await?;
    let before = now - chrono::Duration::from_std(unwanted).unwrap_or(chrono::Duration::days(90));
    transaction.execute(sql!("source/forget"), &[&before]).await
}

fn times(transaction: &Transaction<'_>, lease: Duration) -> (DateTime<Utc>, DateTime<Utc>) {
    let now = transaction.now();
    (now, now + chrono::Duration::from_std(lease).unwrap_or(chrono::Duration::minutes(5)))
}
