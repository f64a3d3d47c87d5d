//! What upkeep does in the database: walks over tables, in steps that are short transactions.
//!
//! A walk follows the key of a table. Each step looks at a bounded number of rows after a [`Place`], removes what is not
//! needed any more, and tells the place that it has come to. Steps are safe beside each other and beside all other work; the
//! row of `upkeep_task` keeps nodes from doing the same, and remembers the place.

mod blobs;
mod changes;
mod leftovers;

use chrono::{DateTime, Utc};

pub use blobs::{collect_orphans, find_orphans};
pub use changes::{Needed, mark_changes, prune_changes};
pub use leftovers::{
    end_submissions, expire_uploads, forget_evidence, forget_reverifications, forget_thread_keys,
};

use super::{StoreError, Transaction, row::TableRow, sql};

/// Where a walk is: the row with this key is behind it. Walks that need only one half leave the other empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    account: i64,
    key: Vec<u8>,
}

/// Whether something is done, or only said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is done.
    Real,
    /// It is undone at the end of each step, by [`rehearse`]. Where the next step would meet the same again, one step counts
    /// all that there is, and touches nothing.
    Rehearsal,
}

/// What a step came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Rows that were removed.
    pub removed: u64,
    /// Octets of the blobs among them.
    pub octets: u64,
    /// From where to go on; none at the end of the walk.
    pub next: Option<Place>,
}

/// When the walk of a task came to its end last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The name of the task.
    pub task: String,
    /// Never, or when.
    pub at: Option<DateTime<Utc>>,
}

/// Takes a step of a walk until the transaction ends; `None` if it is not due, or another node takes one.
pub async fn claim(transaction: &Transaction<'_>, task: &str) -> Result<Option<Place>, StoreError> {
    let row = transaction.query_opt(sql!("upkeep/claim"), &[&task, &transaction.now()]).await?;
    row.map(|row| {
        let row = TableRow::new("upkeep_task", &row);
        Ok(Place { account: row.value("account_id")?, key: row.value("key")? })
    })
    .transpose()
}

/// Leaves a walk at a place, for the next step.
pub async fn advance(transaction: &Transaction<'_>, task: &str, place: &Place) -> Result<(), StoreError> {
    transaction.execute(sql!("upkeep/advance"), &[&task, &place.account, &place.key]).await.map(drop)
}

/// Ends a walk; it begins again at `due_at`.
pub async fn finish(
    transaction: &Transaction<'_>,
    task: &str,
    due_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    transaction.execute(sql!("upkeep/finish"), &[&task, &transaction.now(), &due_at]).await.map(drop)
}

/// Runs `work` and undoes it, so that what it gives says what would have been.
pub async fn rehearse<T>(
    transaction: &Transaction<'_>,
    work: impl AsyncFnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    transaction.execute(sql!("upkeep/rehearse"), &[]).await?;
    let value = work().await?;
    transaction.execute(sql!("upkeep/undo"), &[]).await?;
    Ok(value)
}

/// When the walk of each task came to its end last.
pub async fn standing(transaction: &Transaction<'_>) -> Result<Vec<Finished>, StoreError> {
    let rows = transaction.query(sql!("upkeep/standing"), &[]).await?;
    rows.iter()
        .map(|row| {
            let row = TableRow::new("upkeep_task", row);
            Ok(Finished { task: row.value("task")?, at: row.value("finished_at")? })
        })
        .collect()
}

/// How many blobs may be orphaned; beyond `most` they are not counted.
pub async fn count_orphans(transaction: &Transaction<'_>, most: i64) -> Result<i64, StoreError> {
    let row = transaction.query_opt(sql!("blob/count_orphans"), &[&most]).await?;
    row.map_or(Ok(0), |row| TableRow::new("blob_orphan", &row).value("orphans"))
}

/// The accounts that follow a place, at most `most`; none at the end.
async fn accounts_after(
    transaction: &Transaction<'_>,
    place: &Place,
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    let rows = transaction.query(sql!("upkeep/accounts"), &[&place.account, &most]).await?;
    rows.iter().map(|row| TableRow::new("account", row).value("id")).collect()
}

impl Place {
    fn after_account(account: i64) -> Self {
        Self { account, key: Vec::new() }
    }

    /// So that the account comes next, once more.
    fn before_account(account: i64) -> Self {
        Self::after_account(account - 1)
    }

    /// The place after the last row that a statement looked at, by its columns `account_id` and `key`.
    fn of_row(row: &TableRow<'_>) -> Result<Option<Self>, StoreError> {
        let Some(key) = row.value::<Option<Vec<u8>>>("key")? else { return Ok(None) };
        Ok(Some(Self { account: row.value("account_id")?, key }))
    }

    /// The same where the key stands for itself.
    fn of_key(row: &TableRow<'_>) -> Result<Option<Self>, StoreError> {
        Ok(row.value::<Option<Vec<u8>>>("key")?.map(|key| Self { account: 0, key }))
    }
}

fn count(row: &TableRow<'_>, column: &'static str) -> Result<u64, StoreError> {
    row.value::<i64>(column).map(|count| u64::try_from(count).unwrap_or(0))
}

/// The one row of a statement that always gives one.
fn one(row: Option<tokio_postgres::Row>, statement: &'static str) -> Result<tokio_postgres::Row, StoreError> {
    row.ok_or(StoreError::UnexpectedRows { statement, expected: 1, affected: 0 })
}
