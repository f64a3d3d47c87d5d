//! Faults of the database, as clients see them: no detail that is not theirs; the log has it all.

use crate::store::StoreError;
use crate::wire::errors::MethodError;

impl From<StoreError> for MethodError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NoAccount) {
            return Self::AccountNotFound;
        }
        if error.is_unavailable() {
            tracing::warn!(%error, "the database is not available");
            return Self::ServerUnavailable("the database is not available".to_owned());
        }
        tracing::error!(%error, "the database failed");
        Self::ServerFail("the database failed".to_owned())
    }
}
