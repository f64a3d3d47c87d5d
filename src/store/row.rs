//! Rows into values: a value that does not convert is an error that names its table and column.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Json};

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

    /// The value of a jsonb `column`, as `T`, read from its text at once.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.value::<Option<Json<T>>>(column)?.map(|Json(value)| value))
    }

    pub(super) fn corrupt(&self, column: &'static str, message: String) -> StoreError {
        StoreError::Corrupt { table: self.table, column, message }
    }
}
