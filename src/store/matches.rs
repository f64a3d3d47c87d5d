//! Running what the `query` room compiled.

use super::{StoreError, Transaction, row::TableRow};
use crate::query::Statement;

/// What a query matched, within its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matches {
    /// The ids of the window, in order.
    pub ids: Vec<i64>,
    /// The index of the first of them among all matches.
    pub position: u64,
    /// The number of all matches, if it was asked for.
    pub total: Option<u64>,
}

/// Runs a compiled statement; `None` if its anchor is not among the matches.
pub async fn run(
    transaction: &Transaction<'_>,
    statement: &Statement,
) -> Result<Option<Matches>, StoreError> {
    let rows = transaction.query_assembled(&statement.sql, &statement.parameters()).await?;
    let [row] = rows.as_slice() else {
        let affected = rows.len() as u64;
        return Err(StoreError::UnexpectedRows { statement: "query", expected: 1, affected });
    };
    let row = TableRow::new("query", row);
    let Some(position) = row.value::<Option<i64>>("position")? else { return Ok(None) };
    Ok(Some(Matches {
        ids: row.value("ids")?,
        position: position.max(0) as u64,
        total: row.value::<Option<i64>>("total")?.map(|total| total.max(0) as u64),
    }))
}

/// What became of a list since a state (RFC 8620 §5.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChanges {
    /// How many changes there are, removed and added ones together.
    pub changes: u64,
    /// Ids that may have been in the list and are to be taken out; empty if there are more changes than wanted.
    pub removed: Vec<i64>,
    /// Ids to put in with their indexes, in the order of these; empty if there are more changes than wanted.
    pub added: Vec<(i64, u64)>,
    /// The length of the list, if it was asked for.
    pub total: Option<u64>,
}

/// Runs a compiled statement for changes; `None` if more happened than it looks at.
pub async fn run_changes(
    transaction: &Transaction<'_>,
    statement: &Statement,
) -> Result<Option<ListChanges>, StoreError> {
    let rows = transaction.query_assembled(&statement.sql, &statement.parameters()).await?;
    let [row] = rows.as_slice() else {
        let affected = rows.len() as u64;
        return Err(StoreError::UnexpectedRows { statement: "query_changes", expected: 1, affected });
    };
    let row = TableRow::new("query_changes", row);
    if row.value("is_beyond")? {
        return Ok(None);
    }
    let added: Vec<i64> = row.value("added")?;
    Ok(Some(ListChanges {
        changes: row.value::<i64>("changes")?.max(0) as u64,
        removed: row.value("removed")?,
        added: added.chunks_exact(2).map(|pair| (pair[0], pair[1].max(0) as u64)).collect(),
        total: row.value::<Option<i64>>("total")?.map(|total| total.max(0) as u64),
    }))
}
