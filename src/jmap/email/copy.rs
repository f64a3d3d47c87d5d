//! Email/copy (RFC 8621 §4.7).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::deliveries::Deliveries;
use super::membership::{parse_keywords, parse_mailbox_id_set, parse_received_at};
use super::problems::Problems;
use super::{Emails, render};
use crate::delivery::Incoming;
use crate::jmap::Context;
use crate::jmap::copy::{CopyOutcome, CopyRecords, CopyRequest, Original};
use crate::store::email::{self, EmailRow, Fields, Membership};
use crate::store::{DataType, StoreError, blob, change};
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, EmailId};
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

impl CopyRecords for Emails {
    const SET: &'static str = "Email/set";

    /// The bytes go the way of every delivery, so that the copy is in a thread of the other account, is found by its
    /// words, and rests on the same verdicts.
    async fn copy(
        &self,
        context: &Context,
        request: CopyRequest<EmailId>,
    ) -> Result<CopyOutcome<EmailId>, MethodError> {
        let originals = self.originals(&request).await?;
        let mut deliveries = Deliveries::new(&self.trust, request.account, request.if_in_state.as_deref())?;
        for wanted in request.create {
            let incoming = match originals.get(&wanted.id) {
                Some(row) => self.incoming(request.from_account, row, &wanted, &context.created_ids).await?,
                None => Err(SetError::NotFound),
            };
            match incoming {
                Ok(incoming) => deliveries.push(wanted.creation_id, incoming).await?,
                Err(error) => deliveries.refuse(wanted.creation_id, error),
            }
        }
        let outcome = deliveries.finish().await?;
        let created = outcome.created.iter();
        let created = created.map(|(name, stored)| (name.clone(), stored.email, render::stored(stored)));
        Ok(CopyOutcome {
            old_state: outcome.old_state,
            new_state: outcome.new_state,
            created: created.collect(),
            not_created: outcome.not_created,
        })
    }
}

impl Emails {
    /// The rows of the originals, if their account is in the state that was asked for.
    async fn originals(
        &self,
        request: &CopyRequest<EmailId>,
    ) -> Result<BTreeMap<EmailId, EmailRow>, MethodError> {
        let account = request.from_account;
        let ids: Vec<EmailId> = request.create.iter().map(|original| original.id).collect();
        let (state, rows) = self
            .trust
            .store()
            .snapshot("email/copy", async |transaction| {
                let state = change::state(transaction, account, DataType::Email).await?;
                Ok((State(state), email::read(transaction, account, &ids, Fields::All).await?))
            })
            .await?;
        match request.if_from_in_state.as_ref().is_some_and(|wanted| *wanted != state.to_string()) {
            true => Err(MethodError::StateMismatch),
            false => Ok(rows),
        }
    }

    /// The message of an original, with what is to be different.
    async fn incoming(
        &self,
        from_account: AccountId,
        row: &EmailRow,
        wanted: &Original<EmailId>,
        created_ids: &CreatedIds,
    ) -> Result<Result<Incoming, SetError>, StoreError> {
        let (membership, received_at) = match differing(row, wanted, created_ids) {
            Ok(differing) => differing,
            Err(error) => return Ok(Err(error)),
        };
        let store = self.trust.store();
        let raw = store.transaction("email/copy/blob", async |transaction| {
            blob::of_email(transaction, from_account, row.blob).await
        });
        // It may have been destroyed since its row was read.
        Ok(raw
            .await?
            .map(|raw| Incoming { raw, received_at: Some(received_at), membership })
            .ok_or(SetError::NotFound))
    }
}

/// mailboxIds, keywords and receivedAt of the copy; nothing else can differ. The original's Mailboxes are of another
/// account, so mailboxIds must be given.
fn differing(
    row: &EmailRow,
    wanted: &Original<EmailId>,
    created_ids: &CreatedIds,
) -> Result<(Membership, DateTime<Utc>), SetError> {
    let mut problems = Problems::default();
    for name in wanted.properties.keys() {
        if !["mailboxIds", "keywords", "receivedAt"].contains(&name.as_str()) {
            problems.add(name, "cannot be set by a copy");
        }
    }
    let given = |name: &str| wanted.properties.get(name).filter(|value| !value.is_null());
    let mailboxes = parse_mailbox_id_set(given("mailboxIds").unwrap_or(&Value::Null), created_ids);
    let mailboxes = problems.take(mailboxes).unwrap_or_default();
    let keywords = given("keywords").map_or_else(|| Ok(row.membership.keywords.clone()), parse_keywords);
    let keywords = problems.take(keywords).unwrap_or_default();
    let received_at = problems.take(parse_received_at(given("receivedAt"))).flatten();
    match problems.into_error(Vec::new()) {
        Some(error) => Err(error),
        None => Ok((Membership { mailboxes, keywords }, received_at.unwrap_or(row.received_at))),
    }
}
