//! Rows into values: a value that does not convert is an error that names its table and column.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::StoreError;

/// A row of `table`, read by column names.
pub(super) struct TableRow<'a> {
    pub(super) table: &'static str,
    pub(super) row: &'a Row,
}

impl<'a> TableRow<'a> {
    pub(super) fn new(table: &'static str, row: &'a Row) -> Self {
        Self { table, row }
    }

    /// The value of `column`.
    pub(super) fn value<T: FromSql<'a>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// The value of a jsonb `column`, as `T`.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let Some(value) = self.value::<Option<serde_json::Value>>(column)? else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|error| self.corrupt(column, error.to_string()))
    }

    pub(super) fn corrupt(&self, column: &'static str, message: String) -> StoreError {
        StoreError::Corrupt { table: self.table, column, message }
    }
}
