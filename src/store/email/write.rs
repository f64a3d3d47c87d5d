//! Emails that change place or marks, and emails that go.

use std::collections::{BTreeMap, BTreeSet};

use super::super::blob::BlobHash;
use super::super::membership::{Membership, Transition, apply};
use super::super::{AccountWriter, ChangeKind, DataType, StoreError, row::TableRow, sql};
use super::read::{Current, current};
use crate::wire::ids::EmailId;

/// Where an email shall be and what it shall be marked with.
#[derive(Clone, Debug)]
pub struct EmailUpdate {
    /// Which one; it exists, as was checked under the account's lock.
    pub email: EmailId,
    /// Its new membership; at least one mailbox (RFC 8621 §4.1.1), all of which exist.
    pub membership: Membership,
}

/// Updates emails; those that stay as they are cause no change event.
pub async fn update(writer: &mut AccountWriter<'_>, updates: &[EmailUpdate]) -> Result<(), StoreError> {
    let emails: Vec<EmailId> = updates.iter().map(|update| update.email).collect();
    let current = current(writer.transaction(), writer.account(), &emails).await?;
    update_from(writer, current, updates).await
}

/// The same where `current` was read under the lock that the writer holds, and nothing has changed since.
pub async fn update_from(
    writer: &mut AccountWriter<'_>,
    mut current: BTreeMap<EmailId, Current>,
    updates: &[EmailUpdate],
) -> Result<(), StoreError> {
    let mut transitions = Vec::with_capacity(updates.len());
    let (mut marked, mut keywords) = (Vec::new(), Vec::new());
    for update in updates {
        let Some(now) = current.remove(&update.email) else { continue };
        if now.membership.keywords != update.membership.keywords {
            marked.push(update.email.0);
            keywords.push(joined(&update.membership));
        }
        transitions.push(Transition {
            email: update.email,
            thread: now.thread,
            received_at: now.received_at,
            before: Some(now.membership),
            after: Some(update.membership.clone()),
        });
    }
    if !marked.is_empty() {
        writer
            .transaction()
            .execute(sql!("email/set_keywords"), &[&writer.account().0, &marked, &keywords])
            .await?;
    }
    apply(writer, &transitions).await
}

/// Destroys emails, and the threads that are empty then. Tells which of them existed.
pub async fn destroy(writer: &mut AccountWriter<'_>, emails: &[EmailId]) -> Result<Vec<EmailId>, StoreError> {
    let current = current(writer.transaction(), writer.account(), emails).await?;
    let ids: Vec<i64> = current.keys().map(|email| email.0).collect();
    let threads: BTreeSet<i64> = current.values().map(|email| email.thread.0).collect();
    let transitions: Vec<Transition> = current
        .into_iter()
        .map(|(email, now)| Transition {
            email,
            thread: now.thread,
            received_at: now.received_at,
            before: Some(now.membership),
            after: None,
        })
        .collect();
    apply(writer, &transitions).await?;
    let (transaction, account) = (writer.transaction(), writer.account().0);
    transaction.execute(sql!("signer/uncount_in_account"), &[&account, &ids]).await?;
    transaction.execute(sql!("signer/drop_unused_in_account"), &[&account]).await?;
    for row in transaction.query(sql!("email/delete"), &[&account, &ids]).await? {
        writer.email_moved(BlobHash::from_row(&TableRow::new("email", &row), "blob_hash")?, false);
    }
    note_threads(writer, threads).await?;
    Ok(ids.into_iter().map(EmailId).collect())
}

/// A thread that lost emails changed; one that lost them all is gone.
async fn note_threads(writer: &mut AccountWriter<'_>, threads: BTreeSet<i64>) -> Result<(), StoreError> {
    let ids: Vec<i64> = threads.iter().copied().collect();
    let rows = writer.transaction().query(sql!("thread/alive"), &[&writer.account().0, &ids]).await?;
    let alive: BTreeSet<i64> =
        rows.iter().map(|row| TableRow::new("email", row).value("thread_id")).collect::<Result<_, _>>()?;
    for thread in threads {
        let kind = if alive.contains(&thread) { ChangeKind::Updated } else { ChangeKind::Destroyed };
        writer.changed(DataType::Thread, thread, kind);
    }
    Ok(())
}

/// Keywords hold no blank, so a blank separates them: arrays of arrays cannot be unnested.
fn joined(membership: &Membership) -> String {
    membership.keywords.iter().map(|keyword| keyword.as_str()).collect::<Vec<_>>().join(" ")
}
