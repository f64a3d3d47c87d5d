//! The change log: what is too old, or too long ago, is forgotten from the front.
//!
//! States of an account are numbered without gaps, so that a range of them is as many events, and the newest that is
//! forgotten is the greatest `oldest` of all data types. Whoever follows the log
//! reads `data_type_state.oldest` and the events in one snapshot, and `oldest` moves in the transaction that forgets: a
//! client gets all that happened, or cannotCalculateChanges.

use chrono::{DateTime, Utc};

use super::super::{DataType, StoreError, Transaction, row::TableRow, sql};
use super::{Mode, Place, Step, accounts_after, count, one};

/// Accounts that a step looks at.
const ACCOUNTS: i64 = 1000;

/// Which events are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Those from this instant on.
    pub since: DateTime<Utc>,
    /// And of these the newest of each account, so many.
    pub most: i64,
}

/// Notes which state accounts have by now, so that the age of their changes is known later: for those that changed, and
/// whose last mark is not newer than `last`.
pub async fn mark_changes(
    transaction: &Transaction<'_>,
    place: &Place,
    last: DateTime<Utc>,
) -> Result<Step, StoreError> {
    let accounts = accounts_after(transaction, place, ACCOUNTS).await?;
    let Some(end) = accounts.last() else { return Ok(Step::default()) };
    transaction.execute(sql!("change/mark"), &[&accounts, &transaction.now(), &last]).await?;
    Ok(Step { next: Some(Place::after_account(*end)), ..Step::default() })
}

/// Forgets at most `batch` events of one account, under its lock.
pub async fn prune_changes(
    transaction: &Transaction<'_>,
    place: &Place,
    needed: Needed,
    batch: i64,
    mode: Mode,
) -> Result<Step, StoreError> {
    let accounts = accounts_after(transaction, place, ACCOUNTS).await?;
    let Some(end) = accounts.last() else { return Ok(Step::default()) };
    let found = prunable(transaction, &accounts, needed).await?;
    let Some(Prunable { account, known_from, needed_from }) = found else {
        return Ok(Step { next: Some(Place::after_account(*end)), ..Step::default() });
    };
    if mode == Mode::Rehearsal {
        let removed = needed_from.abs_diff(known_from);
        return Ok(Step { removed, next: Some(Place::after_account(account)), ..Step::default() });
    }
    transaction.query(sql!("account/lock"), &[&account]).await?;
    // Another node may have been here meanwhile.
    let Some(Prunable { known_from, needed_from, .. }) = prunable(transaction, &[account], needed).await?
    else {
        return Ok(Step { next: Some(Place::after_account(account)), ..Step::default() });
    };
    let until = needed_from.min(known_from.saturating_add(batch));
    let types: Vec<i16> = DataType::ALL.iter().map(|data_type| data_type.number()).collect();
    let pruned =
        transaction.query_opt(sql!("change/prune"), &[&account, &types, &known_from, &until]).await?;
    let removed = count(&TableRow::new("change", &one(pruned, "change/prune")?), "removed")?;
    transaction.execute(sql!("change/forget_marks"), &[&account, &until]).await?;
    let next =
        if until < needed_from { Place::before_account(account) } else { Place::after_account(account) };
    Ok(Step { removed, next: Some(next), ..Step::default() })
}

/// An account with events that are not needed.
struct Prunable {
    account: i64,
    /// What happened after this state is known.
    known_from: i64,
    /// What happened after this state is needed.
    needed_from: i64,
}

/// The first of these accounts that has any.
async fn prunable(
    transaction: &Transaction<'_>,
    accounts: &[i64],
    needed: Needed,
) -> Result<Option<Prunable>, StoreError> {
    let row =
        transaction.query_opt(sql!("change/prunable"), &[&accounts, &needed.since, &needed.most]).await?;
    row.map(|row| {
        let row = TableRow::new("account", &row);
        Ok(Prunable {
            account: row.value("id")?,
            known_from: row.value("known_from")?,
            needed_from: row.value("needed_from")?,
        })
    })
    .transpose()
}
