//! Blobs: bytes under their SHA-256, and who may read them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use openssl::sha::sha256;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId, MailboxId, ThreadId};

/// The SHA-256 that a blob is stored under.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The hash of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self(sha256(data))
    }

    pub(super) fn from_row(row: &TableRow<'_>, column: &'static str) -> Result<Self, StoreError> {
        let bytes: &[u8] = row.value(column)?;
        bytes.try_into().map(Self).map_err(|_| row.corrupt(column, format!("{} octets", bytes.len())))
    }
}

/// Stores blobs that are not there yet. The bytes of those that are do not travel again. All of them stay until the
/// transaction ends, so that what refers to them then is right.
pub async fn store(
    transaction: &Transaction<'_>,
    blobs: &[(BlobHash, &[u8])],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut missing: BTreeMap<BlobHash, &[u8]> = blobs.iter().copied().collect();
    loop {
        let hashes: Vec<BlobHash> = missing.keys().copied().collect();
        for held in hold(transaction, &hashes).await? {
            missing.remove(&held);
        }
        if missing.is_empty() {
            return Ok(());
        }
        let hashes: Vec<&[u8]> = missing.keys().map(|hash| hash.0.as_slice()).collect();
        let data: Vec<&[u8]> = missing.values().copied().collect();
        let stored = transaction.execute(sql!("blob/store"), &[&hashes, &data, &at]).await?;
        if stored == missing.len() as u64 {
            return Ok(());
        }
        // Somebody stored one meanwhile. It is not held, and could be gone before this commits.
    }
}

/// Which of these blobs are there; they stay until the transaction ends. Whoever makes a reference to a blob out of nothing
/// holds it first.
pub(super) async fn hold(
    transaction: &Transaction<'_>,
    hashes: &[BlobHash],
) -> Result<BTreeSet<BlobHash>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/hold"), &[&hashes]).await?;
    rows.iter().map(|row| BlobHash::from_row(&TableRow::new("blob", row), "hash")).collect()
}

/// The blob, if this login may read it in the account: an email holds it, or the login uploaded it there itself
/// (RFC 8620 §6.1, §6.2). That the login may read the account was checked before.
pub async fn read(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hash: BlobHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = transaction.query_opt(sql!("blob/read"), &[&account.0, &hash.0.as_slice(), &login]).await?;
    row.map(|row| TableRow::new("blob", &row).value("data")).transpose()
}

/// `length` octets after the first `offset` of what [`read`] would give; fewer where it ends.
pub async fn read_range(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hash: BlobHash,
    (offset, length): (i32, i32),
) -> Result<Option<Vec<u8>>, StoreError> {
    let parameters: [&(dyn ToSql + Sync); 5] = [&account.0, &hash.0.as_slice(), &login, &offset, &length];
    let row = transaction.query_opt(sql!("blob/read_range"), &parameters).await?;
    row.map(|row| TableRow::new("blob", &row).value("data")).transpose()
}

/// Those of these blobs that [`read`] would give, with their bytes; whoever asks sees to it that they are not too many.
pub async fn read_all(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hashes: &[BlobHash],
) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/read_all"), &[&account.0, &hashes, &login]).await?;
    by_hash(&rows)
}

/// The octets of those of these blobs that [`read`] would give; none of their bytes are read.
pub async fn readable(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hashes: &[BlobHash],
) -> Result<BTreeMap<BlobHash, u64>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/readable"), &[&account.0, &hashes, &login]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("blob", row);
            let size: i64 = row.value("size")?;
            Ok((BlobHash::from_row(&row, "hash")?, size.unsigned_abs()))
        })
        .collect()
}

/// Whether [`read`] would give this blob. If so, it stays until the transaction ends, so that it can be given to another
/// account too.
pub async fn hold_readable(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hash: BlobHash,
) -> Result<bool, StoreError> {
    let is_there = !hold(transaction, &[hash]).await?.is_empty();
    Ok(is_there && !readable(transaction, account, login, &[hash]).await?.is_empty())
}

/// Where an account has a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The blob.
    pub hash: BlobHash,
    /// The email that it is the message of.
    pub email: EmailId,
    /// The thread of that email.
    pub thread: ThreadId,
    /// The mailboxes that the email is in, in the order of their ids.
    pub mailboxes: Vec<MailboxId>,
    /// Octets of the message.
    pub size: u64,
}

/// Where these blobs are in the account, in the order of the emails.
pub async fn references(
    transaction: &Transaction<'_>,
    account: AccountId,
    hashes: &[BlobHash],
) -> Result<Vec<Reference>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/references"), &[&account.0, &hashes]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("email", row);
            let mailboxes: Vec<i64> = row.value("mailboxes")?;
            let size: i64 = row.value("size")?;
            Ok(Reference {
                hash: BlobHash::from_row(&row, "blob_hash")?,
                email: EmailId(row.value("id")?),
                thread: ThreadId(row.value("thread_id")?),
                mailboxes: mailboxes.into_iter().map(MailboxId).collect(),
                size: size.unsigned_abs(),
            })
        })
        .collect()
}

/// The blob, if an email of the account holds it.
pub async fn of_email(
    transaction: &Transaction<'_>,
    account: AccountId,
    hash: BlobHash,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = transaction.query_opt(sql!("blob/of_email"), &[&account.0, &hash.0.as_slice()]).await?;
    row.map(|row| TableRow::new("blob", &row).value("data")).transpose()
}

/// Those of these blobs that emails of the account hold. All of them are in memory together: see that they are not too much.
pub async fn of_emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    hashes: &[BlobHash],
) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/of_emails"), &[&account.0, &hashes]).await?;
    by_hash(&rows)
}

fn by_hash(rows: &[Row]) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
    rows.iter()
        .map(|row| {
            let row = TableRow::new("blob", row);
            Ok((BlobHash::from_row(&row, "hash")?, row.value("data")?))
        })
        .collect()
}
