//! What can go wrong between us and PostgreSQL.

use tokio_postgres::error::SqlState;

/// A fault of the database, or of what it holds. Clients see serverFail or serverUnavailable; the log sees this.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// PostgreSQL refused a statement, or the connection broke.
    #[error("transaction {transaction}: {source}")]
    Database {
        /// The name of the transaction.
        transaction: &'static str,
        /// What PostgreSQL said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// No connection could be had.
    #[error("no connection to the database: {0}")]
    NoConnection(String),
    /// A row holds what its column must not hold.
    #[error("{table}.{column} holds a value that does not convert: {message}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A targeted write met another number of rows than it must.
    #[error("{statement} affected {affected} rows instead of {expected}")]
    UnexpectedRows {
        /// The statement.
        statement: &'static str,
        /// How many rows it should affect.
        expected: u64,
        /// How many it did affect.
        affected: u64,
    },
    /// The account is gone.
    #[error("there is no such account")]
    NoAccount,
}

impl StoreError {
    /// Whether the same transaction may well succeed if it is tried again: serialization failures and deadlocks only.
    pub(super) fn is_retryable(&self) -> bool {
        let Self::Database { source, .. } = self else { return false };
        matches!(source.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
    }

    /// Whether a lock was not to be had in the time that the transaction would wait for it.
    pub fn is_lock_timeout(&self) -> bool {
        matches!(self, Self::Database { source, .. } if source.code() == Some(&SqlState::LOCK_NOT_AVAILABLE))
    }

    /// Whether the database cannot be reached at present, so that the client should come back later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::NoConnection(_) => true,
            Self::Database { source, .. } => {
                source.is_closed() || source.code() == Some(&SqlState::QUERY_CANCELED)
            }
            _ => false,
        }
    }
}
