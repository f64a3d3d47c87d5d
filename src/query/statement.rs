//! A compiled statement and its parameters.

use std::fmt;

use tokio_postgres::types::ToSql;

/// One SQL statement, ready to run as it is. One for a query gives exactly one row of three columns (what one for
/// changes gives is said at [`super::email::compile_changes`]):
///
/// - `ids bigint[]`: the ids of the window, in order;
/// - `position bigint`: the index of the first of them in the whole list; null if the anchor is not in the list
///   (`anchorNotFound`, RFC 8620 §5.5), and then `ids` is empty;
/// - `total bigint`: the length of the whole list; null unless it was asked for.
///
/// Its text depends on the filter, so it is not worth a place in a cache of prepared statements.
pub struct Statement {
    /// The text, opening with a comment that names it.
    pub sql: String,
    /// The values of `$1`, `$2`, …
    pub parameters: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Statement {
    /// The parameters as the driver takes them.
    pub fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|parameter| parameter.as_ref() as &(dyn ToSql + Sync)).collect()
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("sql", &self.sql).field("parameters", &self.parameters).finish()
    }
}

/// Collects the parameters while the text is made.
#[derive(Default)]
pub(super) struct Parameters(Vec<Box<dyn ToSql + Sync + Send>>);

impl Parameters {
    /// Adds a value; returns the `$n` that stands for it.
    pub(super) fn add(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.0.push(Box::new(value));
        format!("${}", self.0.len())
    }

    /// The `$n` that the next value will have.
    pub(super) fn next(&self) -> String {
        format!("${}", self.0.len() + 1)
    }

    pub(super) fn into_statement(self, sql: String) -> Statement {
        Statement { sql, parameters: self.0 }
    }
}
