//! EmailSubmission (RFC 8621 §7).

mod create;
mod envelope;
mod get;
mod query;
mod records;
mod set;

use super::changes::{ChangeSet, Changes};
use super::mail::changes_since;
use super::{Context, RecordType};
use crate::store::{DataType, Store};
use crate::submit::Submitter;
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, SubmissionId};
use crate::wire::state::State;

/// The submissions of all accounts.
pub struct EmailSubmissions {
    submitter: Submitter,
}

impl EmailSubmissions {
    /// Submissions of messages that go out this way.
    pub fn new(submitter: Submitter) -> Self {
        Self { submitter }
    }

    fn store(&self) -> &Store {
        self.submitter.store()
    }
}

impl RecordType for EmailSubmissions {
    type Id = SubmissionId;
    const NAME: &'static str = "EmailSubmission";
    const CAPABILITY: Capability = Capability::Submission;
}

impl Changes for EmailSubmissions {
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<SubmissionId>>, MethodError> {
        let changes = changes_since(self.store(), account, DataType::EmailSubmission, since, max).await?;
        Ok(changes.map(|changes| ChangeSet::of(changes, SubmissionId)))
    }
}
