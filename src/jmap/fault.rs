//! Faults of other rooms as method errors. Of a fault of the store the client learns that something failed, and
//! the log learns what.

use crate::store::StoreError;
use crate::wire::errors::MethodError;
use crate::wire::filter::QueryError;

impl From<StoreError> for MethodError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NoAccount) {
            return Self::AccountNotFound;
        }
        if error.is_unavailable() {
            tracing::warn!(%error, "the database is not available");
            return Self::ServerUnavailable("the database is not available at present".to_owned());
        }
        tracing::error!(%error, "the database failed");
        Self::ServerFail("the database failed; nothing was changed".to_owned())
    }
}

impl From<QueryError> for MethodError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::InvalidArguments(description) => Self::InvalidArguments(description),
            QueryError::UnsupportedFilter(description) => Self::UnsupportedFilter(description),
            QueryError::UnsupportedSort(description) => Self::UnsupportedSort(description),
        }
    }
}
