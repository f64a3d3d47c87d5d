//! The submissions of one account inside of the transaction of an EmailSubmission/set (RFC 8621 §7.5).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::create::create;
use super::get::object;
use crate::jmap::set::Records;
use crate::store::submission::{self, Submission};
use crate::store::{AccountWriter, DataType, StoreError, change, outgoing};
use crate::submit::Submitter;
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::{EmailId, SubmissionId};
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// What smtpReply says of a message that was called back.
const CANCELED: &str = "550 5.7.0 Canceled before it was sent";

pub(super) struct SubmissionRecords<'w, 't> {
    writer: &'w mut AccountWriter<'t>,
    submitter: &'w Submitter,
    submissions: BTreeMap<SubmissionId, Submission>,
    /// The Email of each submission that the call is about, those that it destroys included.
    emails: BTreeMap<SubmissionId, EmailId>,
}

impl<'w, 't> SubmissionRecords<'w, 't> {
    /// Reads what the call is about: these submissions, as far as they are there.
    pub(super) async fn new(
        writer: &'w mut AccountWriter<'t>,
        submitter: &'w Submitter,
        ids: &[SubmissionId],
    ) -> Result<Self, StoreError> {
        let submissions = submission::read(writer.transaction(), writer.account(), ids).await?;
        let emails = submissions.values().map(|submission| (submission.id, submission.email)).collect();
        Ok(Self { writer, submitter, submissions, emails })
    }

    /// The Email of each submission that the call was about.
    pub(super) fn into_emails(self) -> BTreeMap<SubmissionId, EmailId> {
        self.emails
    }

    async fn read(&self, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
        let read = submission::read(self.writer.transaction(), self.writer.account(), &[id]).await?;
        Ok(read.into_values().next())
    }

    /// Calls a message back. It can be while it waits; not while it is being sent, and not afterwards.
    async fn cancel(
        &mut self,
        id: SubmissionId,
        undo_status: &str,
    ) -> Result<Result<(), SetError>, StoreError> {
        if undo_status != "pending" || !outgoing::cancel(self.writer, id.0).await? {
            let reason = "the message has been sent, or is being sent".to_owned();
            return Ok(Err(SetError::CannotUnsend(reason)));
        }
        submission::cancel(self.writer, id, CANCELED).await?;
        if let Some(submission) = self.read(id).await? {
            self.submissions.insert(id, submission);
        }
        Ok(Ok(()))
    }
}

impl Records for SubmissionRecords<'_, '_> {
    type Id = SubmissionId;
    type Fault = StoreError;

    async fn old_state(&mut self) -> Result<State, StoreError> {
        let (transaction, account) = (self.writer.transaction(), self.writer.account());
        change::state(transaction, account, DataType::EmailSubmission).await.map(State)
    }

    async fn create(
        &mut self,
        given: Arguments,
        created_ids: &CreatedIds,
    ) -> Result<Result<(SubmissionId, Arguments), SetError>, StoreError> {
        let id = match create(self.writer, self.submitter, &given, created_ids).await? {
            Ok(id) => id,
            Err(error) => return Ok(Err(error)),
        };
        let Some(submission) = self.read(id).await? else {
            return Err(StoreError::UnexpectedRows {
                statement: "submission/read",
                expected: 1,
                affected: 0,
            });
        };
        let mut told = object(&submission);
        told.retain(|name, value| given.get(name) != Some(value));
        self.emails.insert(id, submission.email);
        self.submissions.insert(id, submission);
        Ok(Ok((id, told)))
    }

    async fn update(
        &mut self,
        id: SubmissionId,
        patch: &PatchObject,
        _: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let Some(submission) = self.submissions.get(&id) else { return Ok(Err(SetError::NotFound)) };
        let mut before = object(submission);
        before.insert("id".to_owned(), json!(id));
        let after = match patch.apply(&before, |_| None) {
            Ok(after) => after,
            Err(error) => return Ok(Err(error)),
        };
        let names = before.keys().chain(after.keys());
        let mut changed: Vec<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
        changed.dedup();
        match changed.as_slice() {
            [] => Ok(Ok(None)),
            [name] if *name == "undoStatus" && after.get(*name) == Some(&Value::from("canceled")) => {
                let undo_status = submission.undo_status.clone();
                match self.cancel(id, &undo_status).await? {
                    Ok(()) => Ok(Ok(self.submissions.get(&id).map(|submission| {
                        let mut told = object(submission);
                        told.retain(|name, _| name == "deliveryStatus");
                        told
                    }))),
                    Err(error) => Ok(Err(error)),
                }
            }
            _ => {
                let mut properties: Vec<String> = changed.into_iter().cloned().collect();
                properties.sort();
                properties.dedup();
                let description = "only undoStatus can be changed, to canceled".to_owned();
                Ok(Err(SetError::InvalidProperties { properties, description }))
            }
        }
    }

    /// Only the record goes: what it sends is on its way (RFC 8621 §7.5).
    async fn destroy(&mut self, id: SubmissionId) -> Result<Result<(), SetError>, StoreError> {
        self.submissions.remove(&id);
        let is_destroyed = submission::destroy(self.writer, id).await?;
        Ok(if is_destroyed { Ok(()) } else { Err(SetError::NotFound) })
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        self.writer.new_state(DataType::EmailSubmission).await.map(State)
    }
}
