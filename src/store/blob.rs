//! Blobs: bytes under their SHA-256, and who may read them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use openssl::sha::sha256;

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

/// Stores blobs that are not there yet. The bytes of those that are do not travel again.
pub async fn store(
    transaction: &Transaction<'_>,
    blobs: &[(BlobHash, &[u8])],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let hashes: Vec<&[u8]> = blobs.iter().map(|(hash, _)| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/hold"), &[&hashes]).await?;
    let held: BTreeSet<BlobHash> = rows
        .iter()
        .map(|row| BlobHash::from_row(&TableRow::new("blob", row), "hash"))
        .collect::<Result<_, _>>()?;
    let missing = || blobs.iter().filter(|(hash, _)| !held.contains(hash));
    if missing().next().is_none() {
        return Ok(());
    }
    let hashes: Vec<&[u8]> = missing().map(|(hash, _)| hash.0.as_slice()).collect();
    let data: Vec<&[u8]> = missing().map(|(_, data)| *data).collect();
    transaction.execute(sql!("blob/store"), &[&hashes, &data, &at]).await.map(drop)
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

/// Those of these blobs that [`read`] would give, with their bytes; whoever asks sees to it that they are not too many.
pub async fn read_all(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hashes: &[BlobHash],
) -> Result<BTreeMap<BlobHash, Vec<u8>>, StoreError> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = transaction.query(sql!("blob/read_all"), &[&account.0, &hashes, &login]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("blob", row);
            Ok((BlobHash::from_row(&row, "hash")?, row.value("data")?))
        })
        .collect()
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
