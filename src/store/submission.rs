//! EmailSubmissions (RFC 8621 §7): what clients see of the messages that they sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::blob::{self, BlobHash};
use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId, IdentityId, SubmissionId, ThreadId};

/// A longer Message-ID is not remembered: an index does not take all lengths.
const MAX_MESSAGE_ID: usize = 1000;

/// Reports of one submission that are kept: whoever got the message can send any number of them.
const MAX_REPORTS: i32 = 1000;

/// Parameters of an address of an envelope, as a client gave them (RFC 8621 §7, Address).
pub type Parameters = Option<Map<String, Value>>;

/// A submission that is new.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubmission {
    /// identityId.
    pub identity: IdentityId,
    /// emailId.
    pub email: EmailId,
    /// threadId.
    pub thread: ThreadId,
    /// The message's Message-ID, without its angle brackets.
    pub message_id: Option<String>,
    /// The envelope's mailFrom; an empty address is the null reverse-path.
    pub mail_from: (String, Parameters),
    /// The envelope's rcptTo.
    pub rcpt_to: Vec<(String, Parameters)>,
    /// sendAt.
    pub send_at: DateTime<Utc>,
}

/// An EmailSubmission as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// identityId.
    pub identity: IdentityId,
    /// emailId.
    pub email: EmailId,
    /// threadId.
    pub thread: ThreadId,
    /// The envelope's mailFrom.
    pub mail_from: (String, Parameters),
    /// sendAt.
    pub send_at: DateTime<Utc>,
    /// undoStatus: pending, final or canceled.
    pub undo_status: String,
    /// The envelope's rcptTo, with deliveryStatus.
    pub recipients: Vec<Recipient>,
    /// dsnBlobIds, oldest first.
    pub dsns: Vec<BlobHash>,
    /// mdnBlobIds, oldest first.
    pub mdns: Vec<BlobHash>,
}

/// A recipient of a submission, with what became of the message for it (RFC 8621 §7, DeliveryStatus).
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    /// Its address.
    pub address: String,
    /// The parameters of the envelope.
    pub parameters: Parameters,
    /// smtpReply.
    pub smtp_reply: String,
    /// delivered: queued, yes, no or unknown.
    pub delivered: String,
    /// displayed: unknown or yes.
    pub displayed: String,
}

/// What an attempt came to for one recipient of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The number of the recipient, from 1 on.
    pub ordinal: i32,
    /// smtpReply.
    pub smtp_reply: String,
    /// delivered.
    pub delivered: &'static str,
}

/// These submissions; one that is not there is left out.
pub async fn read(
    transaction: &Transaction<'_>,
    account: AccountId,
    ids: &[SubmissionId],
) -> Result<BTreeMap<SubmissionId, Submission>, StoreError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = transaction.query(sql!("submission/read"), &[&account.0, &ids]).await?;
    let mut submissions = BTreeMap::new();
    for row in &rows {
        let submission = submission(&TableRow::new("email_submission", row))?;
        submissions.insert(submission.id, submission);
    }
    for row in &transaction.query(sql!("submission/recipients"), &[&account.0, &ids]).await? {
        let row = TableRow::new("email_submission_recipient", row);
        if let Some(submission) = submissions.get_mut(&SubmissionId(row.value("submission_id")?)) {
            submission.recipients.push(Recipient {
                address: row.value("address")?,
                parameters: row.json("parameters")?,
                smtp_reply: row.value("smtp_reply")?,
                delivered: row.value("delivered")?,
                displayed: row.value("displayed")?,
            });
        }
    }
    for row in &transaction.query(sql!("submission/reports"), &[&account.0, &ids]).await? {
        let row = TableRow::new("email_submission_report", row);
        let blob = BlobHash::from_row(&row, "blob_hash")?;
        if let Some(submission) = submissions.get_mut(&SubmissionId(row.value("submission_id")?)) {
            match row.value::<&str>("kind")? {
                "dsn" => submission.dsns.push(blob),
                _ => submission.mdns.push(blob),
            }
        }
    }
    Ok(submissions)
}

/// What sending an Email needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailToSend {
    /// threadId.
    pub thread: ThreadId,
    /// What blobId is made of.
    pub blob: BlobHash,
    /// size.
    pub size: u64,
    /// The beginning of the message, with its header.
    pub beginning: Vec<u8>,
}

/// An Email that is to be sent, with so many octets of its message; `None` if it is not there.
pub async fn email(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: EmailId,
    octets: i32,
) -> Result<Option<EmailToSend>, StoreError> {
    let row = transaction.query_opt(sql!("submission/email"), &[&account.0, &id.0, &octets]).await?;
    row.map(|row| {
        let row = TableRow::new("email", &row);
        Ok(EmailToSend {
            thread: ThreadId(row.value("thread_id")?),
            blob: BlobHash::from_row(&row, "blob_hash")?,
            size: row.value::<i64>("size")?.max(0) as u64,
            beginning: row.value("beginning")?,
        })
    })
    .transpose()
}

/// Ids of submissions of the account, the newest first, at most `limit`.
pub async fn ids(
    transaction: &Transaction<'_>,
    account: AccountId,
    limit: i64,
) -> Result<Vec<SubmissionId>, StoreError> {
    let rows = transaction.query(sql!("submission/ids"), &[&account.0, &limit]).await?;
    rows.iter().map(|row| TableRow::new("email_submission", row).value("id").map(SubmissionId)).collect()
}

/// Stores a submission whose message is in the outbox under the same number. `reply` is what smtpReply says until
/// something was tried.
pub async fn create(
    writer: &mut AccountWriter<'_>,
    id: SubmissionId,
    submission: &NewSubmission,
    reply: &str,
) -> Result<(), StoreError> {
    let (address, parameters) = (&submission.mail_from.0, json(&submission.mail_from.1));
    let message_id = submission.message_id.as_deref().filter(|id| id.len() <= MAX_MESSAGE_ID);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 9] = [
        &writer.account().0,
        &id.0,
        &submission.identity.0,
        &submission.email.0,
        &submission.thread.0,
        &message_id,
        address,
        &parameters,
        &submission.send_at,
    ];
    writer.transaction().execute(sql!("submission/insert"), &values).await?;
    let addresses: Vec<&str> = submission.rcpt_to.iter().map(|(address, _)| address.as_str()).collect();
    let parameters: Vec<Option<Value>> =
        submission.rcpt_to.iter().map(|(_, parameters)| json(parameters)).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&writer.account().0, &id.0, &addresses, &parameters, &reply];
    writer.transaction().execute(sql!("submission/insert_recipients"), &values).await?;
    writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Created);
    Ok(())
}

/// Marks a submission as canceled; its message has left the outbox. `reply` is what smtpReply says from now on.
pub async fn cancel(writer: &mut AccountWriter<'_>, id: SubmissionId, reply: &str) -> Result<(), StoreError> {
    writer.transaction().execute(sql!("submission/cancel"), &[&writer.account().0, &id.0, &reply]).await?;
    writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Updated);
    Ok(())
}

/// Destroys the record of a submission; `false` if there is none. What it sends goes on.
pub async fn destroy(writer: &mut AccountWriter<'_>, id: SubmissionId) -> Result<bool, StoreError> {
    let deleted =
        writer.transaction().execute(sql!("submission/delete"), &[&writer.account().0, &id.0]).await? == 1;
    if deleted {
        writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Destroyed);
    }
    Ok(deleted)
}

/// Notes what an attempt came to. A submission that is not there any more, or never was, is no fault.
pub async fn settle(
    writer: &mut AccountWriter<'_>,
    id: SubmissionId,
    settled: &[Settled],
) -> Result<(), StoreError> {
    let ordinals: Vec<i32> = settled.iter().map(|settled| settled.ordinal).collect();
    let replies: Vec<&str> = settled.iter().map(|settled| settled.smtp_reply.as_str()).collect();
    let delivered: Vec<&str> = settled.iter().map(|settled| settled.delivered).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&writer.account().0, &id.0, &ordinals, &replies, &delivered];
    if writer.transaction().execute(sql!("submission/settle"), &values).await? == 1 {
        writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Updated);
    }
    Ok(())
}

/// Adds a report to dsnBlobIds (`dsn`, RFC 3464) or mdnBlobIds (`mdn`, RFC 8098), once, and as long as there is room. One
/// whose bytes are gone again, with the email that brought them, is not added.
pub async fn add_report(
    writer: &mut AccountWriter<'_>,
    id: SubmissionId,
    kind: &'static str,
    blob: BlobHash,
) -> Result<(), StoreError> {
    if blob::hold(writer.transaction(), &[blob]).await?.is_empty() {
        return Ok(());
    }
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&writer.account().0, &id.0, &kind, &blob.0.as_slice(), &MAX_REPORTS];
    if writer.transaction().execute(sql!("submission/report"), &values).await? == 1 {
        writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Updated);
    }
    Ok(())
}

/// Notes what a report from elsewhere says of a recipient, under any of these addresses: delivered becomes `yes` or
/// `no`, if it was not known (RFC 8621 §7).
pub async fn heard(
    writer: &mut AccountWriter<'_>,
    id: SubmissionId,
    addresses: &[String],
    delivered: &'static str,
    reply: Option<&str>,
) -> Result<(), StoreError> {
    let addresses: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&writer.account().0, &id.0, &addresses, &delivered, &reply];
    if writer.transaction().execute(sql!("submission/heard"), &values).await? > 0 {
        writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Updated);
    }
    Ok(())
}

/// The submissions of a message, by its Message-ID without angle brackets.
pub async fn of_message(
    writer: &AccountWriter<'_>,
    message_id: &str,
) -> Result<Vec<SubmissionId>, StoreError> {
    let rows = writer
        .transaction()
        .query(sql!("submission/of_message"), &[&writer.account().0, &message_id])
        .await?;
    rows.iter().map(|row| TableRow::new("email_submission", row).value("id").map(SubmissionId)).collect()
}

/// Notes that a recipient has seen the message (RFC 8621 §7, displayed).
pub async fn displayed(
    writer: &mut AccountWriter<'_>,
    id: SubmissionId,
    recipient: &str,
) -> Result<(), StoreError> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&writer.account().0, &id.0, &recipient];
    if writer.transaction().execute(sql!("submission/displayed"), &values).await? > 0 {
        writer.changed(DataType::EmailSubmission, id.0, ChangeKind::Updated);
    }
    Ok(())
}

fn submission(row: &TableRow<'_>) -> Result<Submission, StoreError> {
    Ok(Submission {
        id: SubmissionId(row.value("id")?),
        identity: IdentityId(row.value("identity_id")?),
        email: EmailId(row.value("email_id")?),
        thread: ThreadId(row.value("thread_id")?),
        mail_from: (row.value("mail_from")?, row.json("mail_parameters")?),
        send_at: row.value("send_at")?,
        undo_status: row.value("undo_status")?,
        recipients: Vec::new(),
        dsns: Vec::new(),
        mdns: Vec::new(),
    })
}

fn json(parameters: &Parameters) -> Option<Value> {
    parameters.clone().map(Value::Object)
}
