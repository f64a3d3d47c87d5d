//! Blobs that nobody refers to any more.
//!
//! `blob_orphan` holds those that lost a reference, which triggers see, and those that the walk over all blobs found. None
//! goes before its time of grace is over, and none goes that somebody is about to refer to: whoever stores a message locks
//! the blobs that are there already (`blob/hold`) until it commits. A step locks in its turn those that nobody holds, and
//! then looks for references by a statement of its own, whose snapshot has whatever was committed by those who held them.
//! Who comes later waits, and finds that the blob is gone, so that it stores the bytes again.
//!
//! A reference that is made of another, a message in the outbox of an email, needs no lock on the blob: both are made and
//! unmade under the lock of the account, so that every snapshot has one of them.

use chrono::{DateTime, Utc};

use super::super::blob::BlobHash;
use super::super::{StoreError, Transaction, row::TableRow, sql};
use super::{Place, Step, count, one};

/// Looks at `batch` blobs that may be orphaned. Those that were noticed up to `noticed` are removed if nobody refers to
/// them; for those that are new, the time of grace begins.
pub async fn collect_orphans(
    transaction: &Transaction<'_>,
    place: &Place,
    noticed: DateTime<Utc>,
    batch: i64,
) -> Result<Step, StoreError> {
    let rows =
        transaction.query(sql!("blob/orphans"), &[&place.account, &place.key, &noticed, &batch]).await?;
    let orphans: Vec<Orphan> = rows.iter().map(Orphan::from_row).collect::<Result<_, _>>()?;
    let Some(last) = orphans.last() else { return Ok(Step::default()) };
    let next = Some(Place { account: last.account, key: last.hash.0.to_vec() });
    let (ripe, new): (Vec<&Orphan>, Vec<&Orphan>) = orphans.iter().partition(|orphan| orphan.is_noticed);
    if !new.is_empty() {
        let (accounts, hashes) = columns(&new);
        transaction.execute(sql!("blob/notice"), &[&accounts, &hashes, &transaction.now()]).await?;
    }
    if ripe.is_empty() {
        return Ok(Step { next, ..Step::default() });
    }
    let (accounts, hashes) = columns(&ripe);
    let locked = transaction.query(sql!("blob/lock"), &[&hashes]).await?;
    let locked: Vec<&[u8]> =
        locked.iter().map(|row| TableRow::new("blob", row).value("hash")).collect::<Result<_, _>>()?;
    let removed = transaction.query(sql!("blob/collect"), &[&locked]).await?;
    let octets: Vec<u64> =
        removed.iter().map(|row| count(&TableRow::new("blob", row), "size")).collect::<Result<_, _>>()?;
    transaction.execute(sql!("blob/forget_orphans"), &[&accounts, &hashes, &locked]).await?;
    Ok(Step { removed: removed.len() as u64, octets: octets.iter().sum(), next })
}

/// Looks at `batch` blobs of all that there are, and notes those that nobody refers to: blobs that were orphaned before
/// there were triggers to see it.
pub async fn find_orphans(
    transaction: &Transaction<'_>,
    place: &Place,
    batch: i64,
) -> Result<Step, StoreError> {
    let row =
        transaction.query_opt(sql!("blob/find_orphans"), &[&place.key, &batch, &transaction.now()]).await?;
    let row = one(row, "blob/find_orphans")?;
    Ok(Step { next: Place::of_key(&TableRow::new("blob", &row))?, ..Step::default() })
}

/// A blob that may be orphaned.
struct Orphan {
    account: i64,
    hash: BlobHash,
    is_noticed: bool,
}

impl Orphan {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, StoreError> {
        let row = TableRow::new("blob_orphan", row);
        Ok(Self {
            account: row.value("account_id")?,
            hash: BlobHash::from_row(&row, "hash")?,
            is_noticed: row.value::<Option<DateTime<Utc>>>("noticed_at")?.is_some(),
        })
    }
}

fn columns<'a>(orphans: &[&'a Orphan]) -> (Vec<i64>, Vec<&'a [u8]>) {
    orphans.iter().map(|orphan| (orphan.account, orphan.hash.0.as_slice())).unzip()
}
