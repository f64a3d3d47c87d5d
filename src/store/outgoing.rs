//! The outbox: messages that still have a recipient to reach, or something to report to their sender.
//!
//! A message belongs to whoever has its lease. A lease that runs out makes the message due again, so that a node that
//! dies in the middle loses nothing.

use chrono::{DateTime, Utc};

use super::blob::BlobHash;
use super::{AccountWriter, Store, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::AccountId;

/// A message for the outbox. Its bytes are stored already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutgoing {
    /// The message.
    pub blob: BlobHash,
    /// The envelope, less its recipients.
    pub sender: Sender,
    /// Whom it is for.
    pub recipients: Vec<NewRecipient>,
    /// When it is sent at the earliest.
    pub release_at: DateTime<Utc>,
    /// When to give up.
    pub expires_at: DateTime<Utc>,
}

/// What an envelope says beside its recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The reverse-path, empty for the null one.
    pub mail_from: String,
    /// RET (RFC 3461 §4.3): FULL or HDRS.
    pub ret: Option<String>,
    /// ENVID (RFC 3461 §4.4), decoded.
    pub envid: Option<String>,
    /// The request for a later release as a report repeats it (RFC 4865 §5.1.2): `for;…` or `until;…`.
    pub hold: Option<String>,
}

/// A recipient of a new message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecipient {
    /// Its address.
    pub address: String,
    /// NOTIFY (RFC 3461 §4.1).
    pub notify: Option<String>,
    /// ORCPT (RFC 3461 §4.2), decoded: `rfc822;…`.
    pub orcpt: Option<String>,
}

/// A message that somebody works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Who sends.
    pub account: AccountId,
    /// Its number, which is that of its submission if there is one.
    pub id: i64,
    /// The envelope, less its recipients.
    pub sender: Sender,
    /// When it came into the outbox.
    pub queued_at: DateTime<Utc>,
    /// When it might go out at first.
    pub release_at: DateTime<Utc>,
    /// When to give up.
    pub expires_at: DateTime<Utc>,
    /// How often it was tried before.
    pub attempts: i32,
    lease: i64,
}

/// What has become of a message for a recipient. The names are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is to be tried, again.
    Queued,
    /// It is in the recipient's account here.
    Delivered,
    /// Another server has taken it.
    Relayed,
    /// It will not reach the recipient.
    Failed,
}

/// A recipient that something is to be done for: a delivery, or a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its number, from 1 on.
    pub ordinal: i32,
    /// Its address.
    pub address: String,
    /// NOTIFY.
    pub notify: Option<String>,
    /// ORCPT.
    pub orcpt: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The last reply.
    pub reply: Option<String>,
    /// When the last attempt was.
    pub settled_at: Option<DateTime<Utc>>,
}

/// What an attempt came to for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The number of the recipient.
    pub ordinal: i32,
    /// What became of it.
    pub outcome: Outcome,
    /// The reply (RFC 8621 §7, smtpReply).
    pub reply: String,
}

impl Claimed {
    /// What the message is called towards other servers: ENVID and trace fields.
    pub fn token(&self) -> String {
        format!("{}.{}", self.account, self.id)
    }
}

/// Reads what [`Claimed::token`] writes: who sends, and the number of the message.
pub fn parse_token(token: &str) -> Option<(AccountId, i64)> {
    let (account, id) = token.split_once('.')?;
    Some((AccountId::parse(account)?, id.parse().ok()?))
}

impl Outcome {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Failed => "failed",
        }
    }

    fn from_row(row: &TableRow<'_>) -> Result<Self, StoreError> {
        let stored: &str = row.value("outcome")?;
        let all = [Self::Queued, Self::Delivered, Self::Relayed, Self::Failed];
        let known = all.into_iter().find(|outcome| outcome.as_str() == stored);
        known.ok_or_else(|| row.corrupt("outcome", format!("unknown outcome {stored}")))
    }
}

/// How many messages of the account wait.
pub async fn count(transaction: &Transaction<'_>, account: AccountId) -> Result<i64, StoreError> {
    let row = transaction.query_opt(sql!("outgoing/count"), &[&account.0]).await?;
    row.map_or(Ok(0), |row| TableRow::new("outgoing", &row).value("waiting"))
}

/// Puts a message into the outbox, and tells the nodes. Gives its number.
pub async fn queue(writer: &mut AccountWriter<'_>, message: &NewOutgoing) -> Result<i64, StoreError> {
    let id = writer.new_id();
    let (account, now) = (writer.account().0, writer.now());
    let blob = message.blob.0.as_slice();
    let sender = &message.sender;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 10] = [
        &account,
        &id,
        &blob,
        &sender.mail_from,
        &sender.ret,
        &sender.envid,
        &sender.hold,
        &now,
        &message.expires_at,
        &message.release_at,
    ];
    writer.transaction().execute(sql!("outgoing/insert"), &values).await?;
    let recipients = &message.recipients;
    let addresses: Vec<&str> = recipients.iter().map(|recipient| recipient.address.as_str()).collect();
    let notify: Vec<Option<&str>> = recipients.iter().map(|recipient| recipient.notify.as_deref()).collect();
    let orcpt: Vec<Option<&str>> = recipients.iter().map(|recipient| recipient.orcpt.as_deref()).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&account, &id, &addresses, &notify, &orcpt];
    writer.transaction().execute(sql!("outgoing/insert_recipients"), &values).await?;
    writer.transaction().execute(sql!("outgoing/notify"), &[]).await?;
    Ok(id)
}

/// Takes the lease, until `until`, of the message that is due first; `None` if none is due.
pub async fn claim(store: &Store, until: DateTime<Utc>) -> Result<Option<Claimed>, StoreError> {
    store
        .transaction("outgoing/claim", async |transaction| {
            let row = transaction.query_opt(sql!("outgoing/claim"), &[&transaction.now(), &until]).await?;
            row.map(|row| claimed(&TableRow::new("outgoing", &row))).transpose()
        })
        .await
}

/// When the next message is due, or its lease runs out.
pub async fn next_due(store: &Store) -> Result<Option<DateTime<Utc>>, StoreError> {
    store
        .transaction("outgoing/next_due", async |transaction| {
            let row = transaction.query_opt(sql!("outgoing/next_due"), &[]).await?;
            row.map(|row| TableRow::new("outgoing", &row).value("due_at")).transpose()
        })
        .await
}

/// The recipients of a message that something is still to be done for.
pub async fn recipients(
    transaction: &Transaction<'_>,
    message: &Claimed,
) -> Result<Vec<Recipient>, StoreError> {
    let rows = transaction.query(sql!("outgoing/recipients"), &[&message.account.0, &message.id]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("outgoing_recipient", row);
            Ok(Recipient {
                ordinal: row.value("ordinal")?,
                address: row.value("address")?,
                notify: row.value("notify")?,
                orcpt: row.value("orcpt")?,
                outcome: Outcome::from_row(&row)?,
                reply: row.value("reply")?,
                settled_at: row.value("settled_at")?,
            })
        })
        .collect()
}

/// The bytes of a message; `None` if it has left the outbox.
pub async fn message(
    transaction: &Transaction<'_>,
    message: &Claimed,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = transaction.query_opt(sql!("outgoing/message"), &[&message.account.0, &message.id]).await?;
    row.map(|row| TableRow::new("blob", &row).value("data")).transpose()
}

/// Notes what an attempt came to. Recipients that were settled before stay as they are.
pub async fn settle(
    writer: &mut AccountWriter<'_>,
    message: &Claimed,
    settled: &[Settled],
) -> Result<(), StoreError> {
    let ordinals: Vec<i32> = settled.iter().map(|settled| settled.ordinal).collect();
    let outcomes: Vec<&str> = settled.iter().map(|settled| settled.outcome.as_str()).collect();
    let replies: Vec<&str> = settled.iter().map(|settled| settled.reply.as_str()).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&message.account.0, &message.id, &ordinals, &outcomes, &replies, &writer.now()];
    writer.transaction().execute(sql!("outgoing/settle"), &values).await.map(drop)
}

/// Strikes out recipients of whom nothing is left to do.
pub async fn drop_recipients(
    writer: &AccountWriter<'_>,
    message: &Claimed,
    ordinals: &[i32],
) -> Result<(), StoreError> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&message.account.0, &message.id, &ordinals];
    writer.transaction().execute(sql!("outgoing/drop_recipients"), &values).await.map(drop)
}

/// Gives the lease back. A message without recipients leaves the outbox; another one is due again at `due_at`.
pub async fn release(
    store: &Store,
    message: &Claimed,
    attempts: i32,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    store
        .transaction("outgoing/release", async |transaction| {
            let key: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&message.account.0, &message.id];
            if transaction.execute(sql!("outgoing/finish"), &key).await? == 1 {
                return Ok(());
            }
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                [&message.account.0, &message.id, &message.lease, &due_at, &attempts];
            // Who lost the lease has nothing to give back.
            transaction.execute(sql!("outgoing/release"), &values).await.map(drop)
        })
        .await
}

/// Takes a message out of the outbox, whatever is left to do for it, if the lease still holds.
pub async fn abandon(store: &Store, message: &Claimed) -> Result<(), StoreError> {
    store
        .transaction("outgoing/abandon", async |transaction| {
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
                [&message.account.0, &message.id, &message.lease];
            transaction.execute(sql!("outgoing/abandon"), &values).await.map(drop)
        })
        .await
}

/// Calls a message back; `false` if somebody works on it, or it has left already.
pub async fn cancel(writer: &AccountWriter<'_>, id: i64) -> Result<bool, StoreError> {
    let canceled = writer.transaction().execute(sql!("outgoing/cancel"), &[&writer.account().0, &id]).await?;
    Ok(canceled == 1)
}

fn claimed(row: &TableRow<'_>) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        account: AccountId(row.value("account_id")?),
        id: row.value("id")?,
        sender: Sender {
            mail_from: row.value("mail_from")?,
            ret: row.value("ret")?,
            envid: row.value("envid")?,
            hold: row.value("hold")?,
        },
        queued_at: row.value("queued_at")?,
        release_at: row.value("release_at")?,
        expires_at: row.value("expires_at")?,
        attempts: row.value("attempts")?,
        lease: row.value("lease")?,
    })
}
