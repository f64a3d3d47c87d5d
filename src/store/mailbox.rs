//! Mailboxes (RFC 8621 §2).

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::{AccountWriter, ChangeKind, DataType, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId, MailboxId};
use crate::wire::session::Viewer;

/// A Mailbox as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// What a client may set.
    pub settings: MailboxSettings,
    /// totalEmails.
    pub total_emails: i64,
    /// unreadEmails.
    pub unread_emails: i64,
    /// totalThreads.
    pub total_threads: i64,
    /// unreadThreads.
    pub unread_threads: i64,
}

/// What a client may set of a Mailbox (RFC 8621 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxSettings {
    /// name, in Net-Unicode.
    pub name: String,
    /// parentId.
    pub parent: Option<MailboxId>,
    /// role, in lower case.
    pub role: Option<String>,
    /// sortOrder.
    pub sort_order: i64,
    /// isSubscribed: of the user who looks, or else of an owner of the account who has said nothing about it.
    pub is_subscribed: bool,
}

/// Every mailbox of the account, by id.
pub async fn all(
    transaction: &Transaction<'_>,
    account: AccountId,
) -> Result<BTreeMap<MailboxId, Mailbox>, StoreError> {
    collect(&transaction.query(sql!("mailbox/all"), &[&account.0]).await?)
}

/// The same as one user sees it: isSubscribed is each user's own (RFC 8621 §2).
pub async fn all_for(
    transaction: &Transaction<'_>,
    account: AccountId,
    viewer: Viewer<'_>,
) -> Result<BTreeMap<MailboxId, Mailbox>, StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&account.0, &viewer.login, &viewer.is_owner];
    collect(&transaction.query(sql!("mailbox/all_for"), &parameters).await?)
}

fn collect(rows: &[Row]) -> Result<BTreeMap<MailboxId, Mailbox>, StoreError> {
    rows.iter()
        .map(|row| {
            let row = TableRow::new("mailbox", row);
            let id = MailboxId(row.value("id")?);
            Ok((
                id,
                Mailbox {
                    id,
                    settings: MailboxSettings {
                        name: row.value("name")?,
                        parent: row.value::<Option<i64>>("parent_id")?.map(MailboxId),
                        role: row.value("role")?,
                        sort_order: row.value("sort_order")?,
                        is_subscribed: row.value("is_subscribed")?,
                    },
                    total_emails: row.value("total_emails")?,
                    unread_emails: row.value("unread_emails")?,
                    total_threads: row.value("total_threads")?,
                    unread_threads: row.value("unread_threads")?,
                },
            ))
        })
        .collect()
}

/// Some emails of a mailbox, at most `limit`.
pub async fn emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    mailbox: MailboxId,
    limit: i64,
) -> Result<Vec<EmailId>, StoreError> {
    let rows = transaction.query(sql!("mailbox/emails"), &[&account.0, &mailbox.0, &limit]).await?;
    rows.iter().map(|row| TableRow::new("email_mailbox", row).value("email_id").map(EmailId)).collect()
}

/// Makes a mailbox. That its name and role are free was checked before, under the account's lock.
pub async fn create(
    writer: &mut AccountWriter<'_>,
    settings: &MailboxSettings,
) -> Result<MailboxId, StoreError> {
    let id = writer.new_id();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
        &writer.account().0,
        &id,
        &settings.parent.map(|parent| parent.0),
        &settings.name,
        &settings.role,
        &settings.sort_order,
        &settings.is_subscribed,
    ];
    writer.transaction().execute(sql!("mailbox/create"), &parameters).await?;
    writer.changed(DataType::Mailbox, id, ChangeKind::Created);
    Ok(MailboxId(id))
}

/// Changes what a client may set for everybody; see [`subscribe`] for the rest. `role_moved`: the role "trash" came or went, so all unreadThreads are counted anew.
pub async fn update(
    writer: &mut AccountWriter<'_>,
    id: MailboxId,
    settings: &MailboxSettings,
    role_moved: bool,
) -> Result<(), StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
        &writer.account().0,
        &id.0,
        &settings.parent.map(|parent| parent.0),
        &settings.name,
        &settings.role,
        &settings.sort_order,
    ];
    let affected = writer.transaction().execute(sql!("mailbox/update"), &parameters).await?;
    if affected != 1 {
        return Err(StoreError::UnexpectedRows { statement: "mailbox/update", expected: 1, affected });
    }
    writer.changed(DataType::Mailbox, id.0, ChangeKind::Updated);
    if role_moved {
        recount_unread_threads(writer).await?;
    }
    Ok(())
}

/// Notes whether a user is subscribed to a mailbox. The change event is for everybody: there is one state for all.
pub async fn subscribe(
    writer: &mut AccountWriter<'_>,
    id: MailboxId,
    viewer: Viewer<'_>,
    is_subscribed: bool,
) -> Result<(), StoreError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&writer.account().0, &id.0, &viewer.login, &is_subscribed];
    writer.transaction().execute(sql!("mailbox/subscribe"), &parameters).await?;
    writer.changed(DataType::Mailbox, id.0, ChangeKind::Updated);
    Ok(())
}

/// Destroys a mailbox that holds no emails and has no children.
pub async fn destroy(writer: &mut AccountWriter<'_>, id: MailboxId) -> Result<(), StoreError> {
    let affected =
        writer.transaction().execute(sql!("mailbox/destroy"), &[&writer.account().0, &id.0]).await?;
    if affected != 1 {
        return Err(StoreError::UnexpectedRows { statement: "mailbox/destroy", expected: 1, affected });
    }
    writer.changed(DataType::Mailbox, id.0, ChangeKind::Destroyed);
    Ok(())
}

async fn recount_unread_threads(writer: &mut AccountWriter<'_>) -> Result<(), StoreError> {
    let rows =
        writer.transaction().query(sql!("mailbox/recount_unread_threads"), &[&writer.account().0]).await?;
    for row in &rows {
        let id: i64 = TableRow::new("mailbox", row).value("id")?;
        writer.changed(DataType::Mailbox, id, ChangeKind::CountersUpdated);
    }
    Ok(())
}
