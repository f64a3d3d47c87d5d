//! New emails, many at once: one statement a table, whatever their number.

mod rows;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::super::blob::BlobHash;
use super::super::membership::{Membership, Transition, apply};
use super::super::row::TableRow;
use super::super::thread::{self, ThreadKey};
use super::super::{AccountWriter, ChangeKind, DataType, StoreError, signer, sql};
use super::read::status;
use crate::mime::{EmailAddress, Summary};
use crate::smime::{Problem, Status};
use crate::wire::ids::{EmailId, ThreadId};

/// An email that is to be stored. Its blob is stored already.
#[derive(Clone, Debug)]
pub struct NewEmail {
    /// Its bytes.
    pub blob: BlobHash,
    /// size: octets of the message.
    pub size: u64,
    /// receivedAt.
    pub received_at: DateTime<Utc>,
    /// sentAt, with the offset of the Date header.
    pub sent_at: Option<DateTime<chrono::FixedOffset>>,
    /// hasAttachment.
    pub has_attachment: bool,
    /// Mailboxes and keywords.
    pub membership: Membership,
    /// The header fields that lists show (RFC 8621 §4.1.3).
    pub headers: EmailHeaders,
    /// preview.
    pub preview: String,
    /// What from, to and subject sort by (RFC 8621 §4.4.2).
    pub sort_keys: SortKeys,
    /// The words of header fields (`text::Document::fields`).
    pub fields: String,
    /// The words of the body (`text::Document::body`).
    pub body: String,
    /// The folded header fields (`text::Document::headers_text`).
    pub headers_text: String,
    /// By which the email finds its thread.
    pub thread_keys: Vec<ThreadKey>,
    /// What is known about its signature; `None` if smimeStatus is null.
    pub smime: Option<NewSmime>,
}

/// The header fields of RFC 8621 §4.1.3 that have a column.
#[derive(Clone, Debug, Default)]
pub struct EmailHeaders {
    /// subject.
    pub subject: Option<String>,
    /// sender.
    pub sender: Option<Vec<EmailAddress>>,
    /// from.
    pub from: Option<Vec<EmailAddress>>,
    /// to.
    pub to: Option<Vec<EmailAddress>>,
    /// cc.
    pub cc: Option<Vec<EmailAddress>>,
    /// bcc.
    pub bcc: Option<Vec<EmailAddress>>,
    /// replyTo.
    pub reply_to: Option<Vec<EmailAddress>>,
    /// messageId.
    pub message_id: Option<Vec<String>>,
    /// inReplyTo.
    pub in_reply_to: Option<Vec<String>>,
    /// references.
    pub references: Option<Vec<String>>,
}

impl From<&Summary> for EmailHeaders {
    fn from(summary: &Summary) -> Self {
        Self {
            subject: summary.subject.clone(),
            sender: summary.sender.clone(),
            from: summary.from.clone(),
            to: summary.to.clone(),
            cc: summary.cc.clone(),
            bcc: summary.bcc.clone(),
            reply_to: summary.reply_to.clone(),
            message_id: summary.message_id.clone(),
            in_reply_to: summary.in_reply_to.clone(),
            references: summary.references.clone(),
        }
    }
}

/// What from, to and subject sort by.
#[derive(Clone, Debug, Default)]
pub struct SortKeys {
    /// Name or address of the first From.
    pub from: String,
    /// Name or address of the first To.
    pub to: String,
    /// Base subject.
    pub subject: String,
}

/// The facts of a signed message.
#[derive(Clone, Debug)]
pub struct NewSmime {
    /// The word for the form (`smime::Form::as_str`).
    pub form: &'static str,
    /// The problems that follow from the bytes alone.
    pub problems: Vec<Problem>,
    /// One for each SignerInfo whose certificate is known.
    pub signatures: Vec<NewSignature>,
}

/// One SignerInfo.
#[derive(Clone, Debug)]
pub struct NewSignature {
    /// Its signer, which is registered already.
    pub signer: signer::SignerId,
    /// Whether that signer's verdict decides.
    pub is_sender: bool,
    /// The digest algorithm.
    pub digest: String,
    /// The signature algorithm.
    pub algorithm: String,
    /// The signingTime attribute.
    pub signing_time: Option<DateTime<Utc>>,
    /// What the bytes alone say against it.
    pub problems: Vec<Problem>,
}

/// Stores emails in their order. The account holds none of their blobs yet: that was checked under its lock.
pub async fn insert(
    writer: &mut AccountWriter<'_>,
    emails: &[NewEmail],
) -> Result<Vec<Inserted>, StoreError> {
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&[ThreadKey]> = emails.iter().map(|email| email.thread_keys.as_slice()).collect();
    let joined = thread::join(writer, &keys).await?;
    let placed: Vec<Placed<'_>> = emails
        .iter()
        .zip(&joined)
        .map(|(email, joined)| Placed { id: EmailId(writer.new_id()), thread: joined.thread, email })
        .collect();
    rows::write(writer, &placed).await?;
    for email in emails {
        writer.email_moved(email.blob, true);
    }
    let transitions: Vec<Transition> = placed.iter().map(Placed::transition).collect();
    apply(writer, &transitions).await?;
    for joined in &joined {
        let kind = if joined.is_new { ChangeKind::Created } else { ChangeKind::Updated };
        writer.changed(DataType::Thread, joined.thread.0, kind);
    }
    // RFC 8621 §1.5: the state moves with each new Email, and with nothing else. No object has this type.
    writer.changed(DataType::EmailDelivery, 0, ChangeKind::Updated);
    let mut statuses = write_smime(writer, &placed).await?;
    let inserted = placed.iter().map(|placed| Inserted {
        id: placed.id,
        thread: placed.thread,
        status: statuses.remove(&placed.id),
    });
    Ok(inserted.collect())
}

/// An email as it was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// id.
    pub id: EmailId,
    /// threadId.
    pub thread: ThreadId,
    /// smimeStatus, as it begins.
    pub status: Option<Status>,
}

/// An email with the ids that it got.
struct Placed<'a> {
    id: EmailId,
    thread: ThreadId,
    email: &'a NewEmail,
}

impl Placed<'_> {
    fn transition(&self) -> Transition {
        Transition {
            email: self.id,
            thread: self.thread,
            received_at: self.email.received_at,
            before: None,
            after: Some(self.email.membership.clone()),
        }
    }
}

#[derive(Serialize)]
struct SmimeRow<'a> {
    email_id: i64,
    form: &'static str,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct SignatureRow<'a> {
    email_id: i64,
    ordinal: usize,
    signer_id: i64,
    is_sender: bool,
    digest: &'a str,
    algorithm: &'a str,
    signing_time: Option<DateTime<Utc>>,
    problems: &'a [Problem],
}

/// Writes facts, then lets the one view that knows how make the statuses of them. Gives the statuses.
async fn write_smime(
    writer: &AccountWriter<'_>,
    placed: &[Placed<'_>],
) -> Result<BTreeMap<EmailId, Status>, StoreError> {
    let signed: Vec<(EmailId, &NewSmime)> =
        placed.iter().filter_map(|placed| Some((placed.id, placed.email.smime.as_ref()?))).collect();
    if signed.is_empty() {
        return Ok(BTreeMap::new());
    }
    let facts: Vec<SmimeRow<'_>> = signed
        .iter()
        .map(|(id, smime)| SmimeRow { email_id: id.0, form: smime.form, problems: &smime.problems })
        .collect();
    let signatures: Vec<SignatureRow<'_>> = signed
        .iter()
        .flat_map(|(id, smime)| {
            smime.signatures.iter().enumerate().map(|(ordinal, signature)| SignatureRow {
                email_id: id.0,
                ordinal,
                signer_id: signature.signer.0,
                is_sender: signature.is_sender,
                digest: &signature.digest,
                algorithm: &signature.algorithm,
                signing_time: signature.signing_time,
                problems: &signature.problems,
            })
        })
        .collect();
    let ids: Vec<i64> = signed.iter().map(|(id, _)| id.0).collect();
    let (transaction, account) = (writer.transaction(), writer.account().0);
    let facts: Value = serde_json::to_value(&facts).unwrap_or_default();
    let signatures: Value = serde_json::to_value(&signatures).unwrap_or_default();
    transaction.execute(sql!("email/insert_smime"), &[&account, &facts, &writer.now()]).await?;
    transaction.execute(sql!("email/insert_signatures"), &[&account, &signatures]).await?;
    transaction.execute(sql!("signer/count_in_account"), &[&account, &ids]).await?;
    let rows = transaction.query(sql!("email/first_status"), &[&account, &ids]).await?;
    let statuses = rows.iter().map(|row| {
        let row = TableRow::new("email", row);
        Ok((EmailId(row.value("id")?), status(&row, "smime_status")?))
    });
    let statuses: Result<Vec<(EmailId, Option<Status>)>, StoreError> = statuses.collect();
    Ok(statuses?.into_iter().filter_map(|(id, status)| Some((id, status?))).collect())
}
