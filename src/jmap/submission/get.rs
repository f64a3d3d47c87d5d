//! EmailSubmission/get (RFC 8621 §7.1).

use serde_json::{Map, Value, json};

use super::EmailSubmissions;
use crate::jmap::Context;
use crate::jmap::get::{Fetched, Get, GetRequest, Wanted, object_of, select};
use crate::store::blob::BlobHash;
use crate::store::submission::{self, Parameters, Submission};
use crate::store::{DataType, change};
use crate::wire::blob_id::BlobId;
use crate::wire::date::utc_date;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::SubmissionId;
use crate::wire::state::State;

/// The properties in the order of RFC 8621 §7.
const DEFINITION: &[&str] = &[
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
];

impl Get for EmailSubmissions {
    type Properties = Vec<&'static str>;
    type Extra = ();

    fn properties(
        &self,
        _: &Context,
        requested: Option<Vec<String>>,
        (): &(),
    ) -> Result<Self::Properties, MethodError> {
        select(DEFINITION, requested)
    }

    async fn fetch(
        &self,
        _: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<SubmissionId>, MethodError> {
        let account = request.account;
        let fetched = self.store().snapshot("submission/get", async |transaction| {
            let ids = match request.ids {
                Wanted::Ids(ids) => ids.to_vec(),
                Wanted::All { limit } => submission::ids(transaction, account, limit as i64 + 1).await?,
            };
            let submissions = submission::read(transaction, account, &ids).await?;
            let list = submissions.values().map(|submission| {
                (submission.id, object_of(request.properties, |name| property(submission, name)))
            });
            let state = State(change::state(transaction, account, DataType::EmailSubmission).await?);
            Ok(Fetched { state, list: list.collect() })
        });
        Ok(fetched.await?)
    }
}

/// All of an EmailSubmission but its id.
pub(super) fn object(submission: &Submission) -> Arguments {
    object_of(DEFINITION, |name| property(submission, name))
}

fn property(submission: &Submission, name: &str) -> Value {
    match name {
        "identityId" => json!(submission.identity),
        "emailId" => json!(submission.email),
        "threadId" => json!(submission.thread),
        "envelope" => {
            let recipients = submission.recipients.iter();
            let recipients = recipients.map(|recipient| address(&recipient.address, &recipient.parameters));
            let (mail_from, parameters) = &submission.mail_from;
            json!({"mailFrom": address(mail_from, parameters), "rcptTo": recipients.collect::<Value>()})
        }
        "sendAt" => json!(utc_date(submission.send_at)),
        "undoStatus" => json!(submission.undo_status),
        "deliveryStatus" => delivery_status(submission),
        "dsnBlobIds" => blob_ids(&submission.dsns),
        "mdnBlobIds" => blob_ids(&submission.mdns),
        _ => Value::Null,
    }
}

fn address(email: &str, parameters: &Parameters) -> Value {
    json!({"email": email, "parameters": parameters})
}

fn delivery_status(submission: &Submission) -> Value {
    let statuses: Map<String, Value> = submission
        .recipients
        .iter()
        .map(|recipient| {
            let status = json!({
                "smtpReply": recipient.smtp_reply,
                "delivered": recipient.delivered,
                "displayed": recipient.displayed,
            });
            (recipient.address.clone(), status)
        })
        .collect();
    Value::Object(statuses)
}

fn blob_ids(hashes: &[BlobHash]) -> Value {
    hashes.iter().map(|hash| BlobId::Whole { hash: hash.0 }.to_string()).collect()
}
