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
