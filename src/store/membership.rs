//! Which mailboxes an email is in and which keywords it has, and everything that follows from it: the indexes
//! that mailboxes and keywords are read by, the counters of mailboxes, and the change events.
//!
//! Insert, update and destroy are one thing here, a [`Transition`] from a membership to another, so that
//! counters cannot drift apart between three pieces of code.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::future::try_join;
use tokio_postgres::types::ToSql;

use super::{AccountWriter, ChangeKind, DataType, StoreError, row::TableRow, sql};
use crate::wire::ids::{EmailId, MailboxId, ThreadId};
use crate::wire::keyword::Keyword;

/// Where an email is and what it is marked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// mailboxIds (RFC 8621 §4.1.1).
    pub mailboxes: BTreeSet<MailboxId>,
    /// keywords (RFC 8621 §4.1.1).
    pub keywords: BTreeSet<Keyword>,
}

impl Membership {
    /// Neither $seen nor $draft (RFC 8621 §2, unreadEmails).
    pub fn is_unread(&self) -> bool {
        !self.keywords.iter().any(|keyword| [Keyword::SEEN, Keyword::DRAFT].contains(&keyword.as_str()))
    }
}

/// What becomes of one email; `None` is "does not exist".
pub(super) struct Transition {
    pub(super) email: EmailId,
    pub(super) thread: ThreadId,
    pub(super) received_at: DateTime<Utc>,
    pub(super) before: Option<Membership>,
    pub(super) after: Option<Membership>,
}

/// Applies transitions whose `email` rows exist (an insert has just written them, a destroy deletes them after).
pub(super) async fn apply(
    writer: &mut AccountWriter<'_>,
    transitions: &[Transition],
) -> Result<(), StoreError> {
    let transitions: Vec<&Transition> = transitions.iter().filter(|t| t.before != t.after).collect();
    if transitions.is_empty() {
        return Ok(());
    }
    let deltas = deltas(&transitions);
    let rows = async |writer: &AccountWriter<'_>| {
        try_join(write_mailboxes(writer, &transitions), write_keywords(writer, &transitions)).await
    };
    if deltas.is_empty() {
        // Marks that have nothing to do with what is unread move no counter.
        rows(writer).await?;
    } else {
        let threads: BTreeSet<i64> = transitions.iter().map(|transition| transition.thread.0).collect();
        let threads: Vec<i64> = threads.into_iter().collect();
        let (before, _) = try_join(contributions(writer, &threads), rows(writer)).await?;
        write_thread_counts(writer, deltas).await?;
        let after = contributions(writer, &threads).await?;
        write_counters(writer, &before, &after).await?;
    }
    for transition in transitions {
        let kind = match (&transition.before, &transition.after) {
            (None, _) => ChangeKind::Created,
            (_, None) => ChangeKind::Destroyed,
            _ => ChangeKind::Updated,
        };
        writer.changed(DataType::Email, transition.email.0, kind);
    }
    Ok(())
}

async fn write_mailboxes(writer: &AccountWriter<'_>, transitions: &[&Transition]) -> Result<(), StoreError> {
    let (mut gone_emails, mut gone_mailboxes) = (Vec::new(), Vec::new());
    let (mut emails, mut mailboxes, mut threads, mut received, mut unread) =
        (vec![], vec![], vec![], vec![], vec![]);
    for transition in transitions {
        let before = transition.before.clone().unwrap_or_default();
        let after = transition.after.clone().unwrap_or_default();
        for mailbox in before.mailboxes.difference(&after.mailboxes) {
            gone_emails.push(transition.email.0);
            gone_mailboxes.push(mailbox.0);
        }
        let unread_changed = before.is_unread() != after.is_unread();
        for mailbox in &after.mailboxes {
            if unread_changed || !before.mailboxes.contains(mailbox) {
                emails.push(transition.email.0);
                mailboxes.push(mailbox.0);
                threads.push(transition.thread.0);
                received.push(transition.received_at);
                unread.push(after.is_unread());
            }
        }
    }
    let (transaction, account) = (writer.transaction(), writer.account().0);
    if !gone_emails.is_empty() {
        transaction
            .execute(sql!("email/leave_mailboxes"), &[&account, &gone_emails, &gone_mailboxes])
            .await?;
    }
    if !emails.is_empty() {
        transaction
            .execute(
                sql!("email/enter_mailboxes"),
                &[&account, &emails, &mailboxes, &threads, &received, &unread],
            )
            .await?;
    }
    Ok(())
}

async fn write_keywords(writer: &AccountWriter<'_>, transitions: &[&Transition]) -> Result<(), StoreError> {
    let (mut gone_emails, mut gone_keywords, mut gone_received) = (Vec::new(), Vec::new(), Vec::new());
    let (mut emails, mut keywords, mut received) = (Vec::new(), Vec::new(), Vec::new());
    for transition in transitions {
        let before = transition.before.clone().unwrap_or_default();
        let after = transition.after.clone().unwrap_or_default();
        for keyword in before.keywords.difference(&after.keywords) {
            gone_emails.push(transition.email.0);
            gone_keywords.push(keyword.as_str().to_owned());
            gone_received.push(transition.received_at);
        }
        for keyword in after.keywords.difference(&before.keywords) {
            emails.push(transition.email.0);
            keywords.push(keyword.as_str().to_owned());
            received.push(transition.received_at);
        }
    }
    let (transaction, account) = (writer.transaction(), writer.account().0);
    if !gone_emails.is_empty() {
        transaction
            .execute(sql!("email/drop_keywords"), &[&account, &gone_emails, &gone_keywords, &gone_received])
            .await?;
    }
    if !emails.is_empty() {
        transaction.execute(sql!("email/add_keywords"), &[&account, &emails, &keywords, &received]).await?;
    }
    Ok(())
}

/// What transitions add to and take from a thread in a mailbox.
#[derive(Clone, Copy, Default)]
struct Delta {
    emails: i32,
    unread: i32,
    /// The newest of those that enter.
    newest: Option<(DateTime<Utc>, i64)>,
}

/// By thread and mailbox.
type Deltas = BTreeMap<(i64, i64), Delta>;

/// What the transitions add to thread_mailbox, and take away.
fn deltas(transitions: &[&Transition]) -> Deltas {
    let mut deltas = Deltas::new();
    for transition in transitions {
        for (membership, sign) in [(&transition.before, -1), (&transition.after, 1)] {
            let Some(membership) = membership else { continue };
            for mailbox in &membership.mailboxes {
                let delta = deltas.entry((transition.thread.0, mailbox.0)).or_default();
                delta.emails += sign;
                delta.unread += sign * i32::from(membership.is_unread());
                if sign > 0 {
                    delta.newest = delta.newest.max(Some((transition.received_at, transition.email.0)));
                }
            }
        }
    }
    deltas.retain(|_, delta| (delta.emails, delta.unread) != (0, 0));
    deltas
}

/// Moves thread_mailbox by `deltas`.
async fn write_thread_counts(writer: &AccountWriter<'_>, deltas: Deltas) -> Result<(), StoreError> {
    // What could be a row by itself may be the first of its thread; all others change rows that are there.
    let (more, others): (Vec<_>, Vec<_>) = deltas
        .into_iter()
        .partition(|(_, delta)| delta.emails > 0 && (0..=delta.emails).contains(&delta.unread));
    add_counts(writer, &more).await?;
    move_counts(writer, &others).await
}

async fn add_counts(writer: &AccountWriter<'_>, deltas: &[((i64, i64), Delta)]) -> Result<(), StoreError> {
    if deltas.is_empty() {
        return Ok(());
    }
    let threads: Vec<i64> = deltas.iter().map(|((thread, _), _)| *thread).collect();
    let mailboxes: Vec<i64> = deltas.iter().map(|((_, mailbox), _)| *mailbox).collect();
    let emails: Vec<i32> = deltas.iter().map(|(_, delta)| delta.emails).collect();
    let unread: Vec<i32> = deltas.iter().map(|(_, delta)| delta.unread).collect();
    let at: Vec<Option<DateTime<Utc>>> = deltas.iter().map(|(_, delta)| Some(delta.newest?.0)).collect();
    let ids: Vec<Option<i64>> = deltas.iter().map(|(_, delta)| Some(delta.newest?.1)).collect();
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&writer.account().0, &threads, &mailboxes, &emails, &unread, &at, &ids];
    writer.transaction().execute(sql!("thread/add_counts"), &parameters).await.map(drop)
}

async fn move_counts(writer: &AccountWriter<'_>, deltas: &[((i64, i64), Delta)]) -> Result<(), StoreError> {
    if deltas.is_empty() {
        return Ok(());
    }
    let threads: Vec<i64> = deltas.iter().map(|((thread, _), _)| *thread).collect();
    let mailboxes: Vec<i64> = deltas.iter().map(|((_, mailbox), _)| *mailbox).collect();
    let emails: Vec<i32> = deltas.iter().map(|(_, delta)| delta.emails).collect();
    let unread: Vec<i32> = deltas.iter().map(|(_, delta)| delta.unread).collect();
    let (transaction, account) = (writer.transaction(), writer.account().0);
    let parameters: [&(dyn ToSql + Sync); 5] = [&account, &threads, &mailboxes, &emails, &unread];
    transaction.execute(sql!("thread/move_counts"), &parameters).await?;
    if deltas.iter().any(|(_, delta)| delta.emails < 0) {
        transaction.execute(sql!("thread/drop_empty_counts"), &[&account, &threads]).await?;
    }
    Ok(())
}

/// What some threads add to the counters of a mailbox.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Contribution {
    emails: i64,
    unread_emails: i64,
    threads: i64,
    unread_threads: i64,
}

async fn contributions(
    writer: &AccountWriter<'_>,
    threads: &[i64],
) -> Result<BTreeMap<i64, Contribution>, StoreError> {
    let rows =
        writer.transaction().query(sql!("thread/contributions"), &[&writer.account().0, &threads]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("thread_mailbox", row);
            let contribution = Contribution {
                emails: row.value("emails")?,
                unread_emails: row.value("unread_emails")?,
                threads: row.value("threads")?,
                unread_threads: row.value("unread_threads")?,
            };
            Ok((row.value("mailbox_id")?, contribution))
        })
        .collect()
}

async fn write_counters(
    writer: &mut AccountWriter<'_>,
    before: &BTreeMap<i64, Contribution>,
    after: &BTreeMap<i64, Contribution>,
) -> Result<(), StoreError> {
    let all: BTreeSet<i64> = before.keys().chain(after.keys()).copied().collect();
    let (mut mailboxes, mut emails, mut unread_emails, mut threads, mut unread_threads) =
        (vec![], vec![], vec![], vec![], vec![]);
    for mailbox in all {
        let old = before.get(&mailbox).copied().unwrap_or_default();
        let new = after.get(&mailbox).copied().unwrap_or_default();
        if old == new {
            continue;
        }
        mailboxes.push(mailbox);
        emails.push(new.emails - old.emails);
        unread_emails.push(new.unread_emails - old.unread_emails);
        threads.push(new.threads - old.threads);
        unread_threads.push(new.unread_threads - old.unread_threads);
        writer.changed(DataType::Mailbox, mailbox, ChangeKind::CountersUpdated);
    }
    if mailboxes.is_empty() {
        return Ok(());
    }
    writer
        .transaction()
        .execute(
            sql!("mailbox/move_counters"),
            &[&writer.account().0, &mailboxes, &emails, &unread_emails, &threads, &unread_threads],
        )
        .await
        .map(drop)
}
