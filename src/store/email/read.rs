//! Emails as they are read: rows for lists, memberships for writers, smime columns, the matches of a query.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, Utc};

use super::super::blob::BlobHash;
use super::super::membership::Membership;
use super::super::{StoreError, Transaction, row::TableRow, sql};
use super::insert::EmailHeaders;
use crate::smime::{Problem, Status};
use crate::wire::ids::{AccountId, EmailId, MailboxId, ThreadId};
use crate::wire::keyword::Keyword;

/// A row of `email`: what Email/get can give without the message itself.
#[derive(Clone, Debug)]
pub struct EmailRow {
    /// id.
    pub id: EmailId,
    /// blobId.
    pub blob: BlobHash,
    /// threadId.
    pub thread: ThreadId,
    /// mailboxIds and keywords.
    pub membership: Membership,
    /// size.
    pub size: i64,
    /// receivedAt.
    pub received_at: DateTime<Utc>,
    /// sentAt.
    pub sent_at: Option<DateTime<FixedOffset>>,
    /// The header fields that have a column.
    pub headers: EmailHeaders,
    /// hasAttachment.
    pub has_attachment: bool,
    /// preview.
    pub preview: String,
}

/// What RFC 9219 §4.1 adds to an Email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmimeColumns {
    /// smimeStatus.
    pub status: Option<Status>,
    /// smimeStatusAtDelivery.
    pub status_at_delivery: Option<Status>,
    /// smimeErrors, as codes.
    pub errors: Option<Vec<Problem>>,
    /// smimeVerifiedAt.
    pub verified_at: Option<DateTime<Utc>>,
}

/// Which fields of the header to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Subject, From and To, which lists show; all others come as if they were missing.
    OfLists,
    /// All that have a column.
    All,
}

/// The rows of these emails; one that is not there is left out.
pub async fn read(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
    fields: Fields,
) -> Result<BTreeMap<EmailId, EmailRow>, StoreError> {
    let all = fields == Fields::All;
    let rows = transaction.query(sql!("email/read"), &[&account.0, &numbers(emails), &all]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("email", row);
            let email = email_row(&row)?;
            Ok((email.id, email))
        })
        .collect()
}

/// The smime columns of these emails.
pub async fn smime_columns(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<BTreeMap<EmailId, SmimeColumns>, StoreError> {
    let rows = transaction.query(sql!("email/smime_columns"), &[&account.0, &numbers(emails)]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("email", row);
            let columns = SmimeColumns {
                status: status(&row, "smime_status")?,
                status_at_delivery: status(&row, "smime_status_at_delivery")?,
                errors: row.json("smime_errors")?,
                verified_at: row.value("verified_at")?,
            };
            Ok((EmailId(row.value("id")?), columns))
        })
        .collect()
}

/// What a writer needs to know of emails before it changes where they are.
#[derive(Clone, Debug)]
pub struct Current {
    pub(in crate::store) thread: ThreadId,
    pub(in crate::store) received_at: DateTime<Utc>,
    /// Where it is and what it is marked with.
    pub membership: Membership,
}

/// What a writer needs to know of these emails; one that is not there is left out.
pub async fn current(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<BTreeMap<EmailId, Current>, StoreError> {
    let rows = transaction.query(sql!("email/memberships"), &[&account.0, &numbers(emails)]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("email", row);
            let current = Current {
                thread: ThreadId(row.value("thread_id")?),
                received_at: row.value("received_at")?,
                membership: membership(&row)?,
            };
            Ok((EmailId(row.value("id")?), current))
        })
        .collect()
}

/// Where these emails are and what they are marked with; one that is not there is left out.
pub async fn memberships(
    transaction: &Transaction<'_>,
    account: AccountId,
    emails: &[EmailId],
) -> Result<BTreeMap<EmailId, Membership>, StoreError> {
    let current = current(transaction, account, emails).await?;
    Ok(current.into_iter().map(|(id, current)| (id, current.membership)).collect())
}

/// Which of these blobs the account holds as an email already.
pub async fn known_blobs(
    transaction: &Transaction<'_>,
    account: AccountId,
    blobs: &[BlobHash],
) -> Result<BTreeMap<BlobHash, EmailId>, StoreError> {
    let hashes: Vec<&[u8]> = blobs.iter().map(|blob| blob.0.as_slice()).collect();
    let rows = transaction.query(sql!("email/by_blobs"), &[&account.0, &hashes]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("email", row);
            Ok((BlobHash::from_row(&row, "blob_hash")?, EmailId(row.value("id")?)))
        })
        .collect()
}

/// The email with this message id, without angle brackets; `None` if there is none, or more than one.
pub async fn by_message_id(
    transaction: &Transaction<'_>,
    account: AccountId,
    message_id: &str,
) -> Result<Option<EmailId>, StoreError> {
    let rows = transaction.query(sql!("email/by_message_id"), &[&account.0, &message_id]).await?;
    match rows.as_slice() {
        [row] => TableRow::new("email", row).value("id").map(|id| Some(EmailId(id))),
        _ => Ok(None),
    }
}

/// The ids of the account's emails, at most `limit` of them.
pub async fn ids(
    transaction: &Transaction<'_>,
    account: AccountId,
    limit: i64,
) -> Result<Vec<EmailId>, StoreError> {
    let rows = transaction.query(sql!("email/ids"), &[&account.0, &limit]).await?;
    rows.iter().map(|row| TableRow::new("email", row).value("id").map(EmailId)).collect()
}

fn email_row(row: &TableRow<'_>) -> Result<EmailRow, StoreError> {
    let sent_at: Option<DateTime<Utc>> = row.value("sent_at")?;
    let offset: Option<i16> = row.value("sent_offset")?;
    Ok(EmailRow {
        id: EmailId(row.value("id")?),
        blob: BlobHash::from_row(row, "blob_hash")?,
        thread: ThreadId(row.value("thread_id")?),
        membership: membership(row)?,
        size: row.value("size")?,
        received_at: row.value("received_at")?,
        sent_at: sent_at.map(|at| with_offset(at, offset.unwrap_or(0))),
        headers: EmailHeaders {
            subject: row.value("subject")?,
            sender: row.json("sender")?,
            from: row.json("from_")?,
            to: row.json("to_")?,
            cc: row.json("cc")?,
            bcc: row.json("bcc")?,
            reply_to: row.json("reply_to")?,
            message_id: row.value("message_id")?,
            in_reply_to: row.value("in_reply_to")?,
            references: row.value("references_")?,
        },
        has_attachment: row.value("has_attachment")?,
        preview: row.value("preview")?,
    })
}

fn membership(row: &TableRow<'_>) -> Result<Membership, StoreError> {
    let mailboxes: Vec<i64> = row.value("mailboxes")?;
    let keywords: Vec<&str> = row.value("keywords")?;
    let keywords: Option<BTreeSet<Keyword>> = keywords.into_iter().map(Keyword::parse).collect();
    let keywords = keywords.ok_or_else(|| row.corrupt("keywords", "not a keyword".to_owned()))?;
    Ok(Membership { mailboxes: mailboxes.into_iter().map(MailboxId).collect(), keywords })
}

pub(super) fn status(row: &TableRow<'_>, column: &'static str) -> Result<Option<Status>, StoreError> {
    let Some(token) = row.value::<Option<&str>>(column)? else { return Ok(None) };
    Status::parse(token).map(Some).ok_or_else(|| row.corrupt(column, format!("unknown status {token}")))
}

fn with_offset(at: DateTime<Utc>, minutes: i16) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(i32::from(minutes) * 60);
    offset.map_or_else(|| at.fixed_offset(), |offset| at.with_timezone(&offset))
}

fn numbers(emails: &[EmailId]) -> Vec<i64> {
    emails.iter().map(|email| email.0).collect()
}
