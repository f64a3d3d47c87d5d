//! EmailSubmission/set (RFC 8621 §7.5), with the implicit Email/set that follows it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::EmailSubmissions;
use super::records::SubmissionRecords;
use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, FromArguments, IdText};
use crate::jmap::set::{Set, SetOutcome, SetRequest};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{EmailId, SubmissionId, is_id};

/// What becomes of the Email of a submission that succeeds (RFC 8621 §7.5).
#[derive(Clone, Debug, Default)]
pub struct OnSuccess {
    /// onSuccessUpdateEmail: a patch for the Email of each of these submissions.
    update: Vec<(String, Arguments)>,
    /// onSuccessDestroyEmail: the submissions whose Emails are destroyed.
    destroy: Vec<String>,
}

impl FromArguments for OnSuccess {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        let update: BTreeMap<String, Arguments> =
            arguments.optional("onSuccessUpdateEmail")?.unwrap_or_default();
        if let Some(wrong) = update.keys().find(|id| !is_id(id.strip_prefix('#').unwrap_or(id))) {
            let problem = format!("{wrong:?} is no Id");
            return Err(MethodError::invalid_argument("onSuccessUpdateEmail", problem));
        }
        let destroy: Vec<IdText> = arguments.optional("onSuccessDestroyEmail")?.unwrap_or_default();
        Ok(Self {
            update: update.into_iter().collect(),
            destroy: destroy.into_iter().map(|IdText(id)| id).collect(),
        })
    }
}

impl Set for EmailSubmissions {
    type Extra = OnSuccess;

    async fn set(
        &self,
        _: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<SubmissionId>, MethodError> {
        let ids = request.existing_ids();
        let (outcome, emails) = self
            .store()
            .write("submission/set", request.account, async |writer| {
                let mut records = SubmissionRecords::new(writer, &self.submitter, &ids).await?;
                let outcome = request.apply(&mut records).await?;
                Ok((outcome, records.into_emails()))
            })
            .await?;
        let mut outcome = outcome?;
        if let Some(arguments) = implicit_set(request, &outcome, &emails) {
            outcome.and_then("Email/set", arguments);
        }
        Ok(outcome)
    }
}

/// The arguments of the implicit Email/set; `None` if nothing is to be changed.
fn implicit_set(
    request: &SetRequest<EmailSubmissions>,
    outcome: &SetOutcome<SubmissionId>,
    emails: &BTreeMap<SubmissionId, EmailId>,
) -> Option<Arguments> {
    let succeeded = outcome.succeeded();
    let email_of = |id: &String| {
        let submission = outcome.resolve(id).filter(|submission| succeeded.contains(submission))?;
        emails.get(&submission).copied()
    };
    let mut update = Arguments::new();
    for (id, patch) in &request.extra.update {
        let Some(email) = email_of(id) else { continue };
        // Two submissions of one Email: both patches are for it.
        let patches = update.entry(email.to_string()).or_insert_with(|| json!({}));
        if let Value::Object(patches) = patches {
            patches.extend(patch.clone());
        }
    }
    let mut destroy: Vec<EmailId> = request.extra.destroy.iter().filter_map(email_of).collect();
    destroy.sort();
    destroy.dedup();
    if update.is_empty() && destroy.is_empty() {
        return None;
    }
    let mut arguments = Arguments::new();
    arguments.insert("accountId".to_owned(), json!(request.account));
    arguments.insert("update".to_owned(), Value::Object(update));
    arguments.insert("destroy".to_owned(), json!(destroy));
    Some(arguments)
}
