//! Threads (RFC 8621 §3): which one a message joins, and what it holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{AccountWriter, StoreError, Transaction, row::TableRow, sql};
use crate::wire::ids::{AccountId, EmailId, ThreadId};

/// The emails of threads, each in order of receivedAt (RFC 8621 §3). A thread that is not there is left out.
pub async fn emails(
    transaction: &Transaction<'_>,
    account: AccountId,
    threads: &[ThreadId],
) -> Result<BTreeMap<ThreadId, Vec<EmailId>>, StoreError> {
    let ids: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
    let rows = transaction.query(sql!("thread/emails"), &[&account.0, &ids]).await?;
    let mut found: BTreeMap<ThreadId, Vec<EmailId>> = BTreeMap::new();
    for row in &rows {
        let row = TableRow::new("email", row);
        found.entry(ThreadId(row.value("thread_id")?)).or_default().push(EmailId(row.value("id")?));
    }
    Ok(found)
}

/// The ids of the account's threads, at most `limit` of them.
pub async fn ids(
    transaction: &Transaction<'_>,
    account: AccountId,
    limit: i64,
) -> Result<Vec<ThreadId>, StoreError> {
    let rows = transaction.query(sql!("thread/ids"), &[&account.0, &limit]).await?;
    rows.iter().map(|row| TableRow::new("email", row).value("thread_id").map(ThreadId)).collect()
}

/// The digests of a message's ids with its base subject, by which it finds its thread.
pub type ThreadKey = [u8; 16];

/// A thread that a message joined.
pub(super) struct Joined {
    pub(super) thread: ThreadId,
    pub(super) is_new: bool,
}

/// Finds or makes the thread of each message, in their order: a message joins the oldest thread that any of
/// its keys leads to. An email's thread never changes afterwards, so two threads that turn out to be one stay two.
pub(super) async fn join(
    writer: &mut AccountWriter<'_>,
    messages: &[&[ThreadKey]],
) -> Result<Vec<Joined>, StoreError> {
    let mut known = lookup(writer, messages).await?;
    let mut fresh: BTreeMap<ThreadKey, ThreadId> = BTreeMap::new();
    let mut joined = Vec::with_capacity(messages.len());
    for keys in messages {
        let found = keys.iter().filter_map(|key| known.get(key).copied()).min();
        let is_new = found.is_none();
        let thread = found.unwrap_or_else(|| ThreadId(writer.new_id()));
        for key in *keys {
            if known.insert(*key, thread) != Some(thread) {
                fresh.insert(*key, thread);
            }
        }
        joined.push(Joined { thread, is_new });
    }
    let keys: Vec<&[u8]> = fresh.keys().map(<[u8; 16]>::as_slice).collect();
    let threads: Vec<i64> = fresh.values().map(|thread| thread.0).collect();
    if !keys.is_empty() {
        writer
            .transaction()
            .execute(sql!("thread/remember_keys"), &[&writer.account().0, &keys, &threads])
            .await?;
    }
    Ok(joined)
}

async fn lookup(
    writer: &AccountWriter<'_>,
    messages: &[&[ThreadKey]],
) -> Result<HashMap<ThreadKey, ThreadId>, StoreError> {
    let keys: BTreeSet<&[u8]> =
        messages.iter().flat_map(|keys| keys.iter().map(<[u8; 16]>::as_slice)).collect();
    let keys: Vec<&[u8]> = keys.into_iter().collect();
    let rows = writer.transaction().query(sql!("thread/by_keys"), &[&writer.account().0, &keys]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("thread_key", row);
            let key: &[u8] = row.value("key")?;
            let key = key.try_into().map_err(|_| row.corrupt("key", format!("{} octets", key.len())))?;
            Ok((key, ThreadId(row.value("thread_id")?)))
        })
        .collect()
}
