//! Email/import (RFC 8621 §4.8).

use chrono::{DateTime, Utc};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::records::{parse_keywords, parse_mailbox_id_set};
use crate::delivery::{Delivered, DeliveryError, Incoming, Receipt, Stored, deliver};
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::ArgumentReader;
use crate::jmap::blobs::read_blob;
use crate::jmap::dispatch::{Handler, Reply};
use crate::store::email::Membership;
use crate::trust::Trust;
use crate::wire::blob_id::BlobId;
use crate::wire::capability::Capability;
use crate::wire::date::parse_utc_date;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::AccountId;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// How many octets of messages are delivered in one transaction.
const BATCH_OCTETS: usize = 32 << 20;

/// Email/import as a method.
pub struct Import {
    trust: Trust,
}

/// One EmailImport (RFC 8621 §4.8), read but not yet looked up.
struct EmailImport {
    blob_id: String,
    membership: Membership,
    received_at: Option<DateTime<Utc>>,
}

/// What became of each creation id.
#[derive(Default)]
struct Outcome {
    created: Arguments,
    not_created: Arguments,
}

impl Import {
    /// Messages are delivered through `trust`.
    pub fn new(trust: Trust) -> Self {
        Self { trust }
    }

    async fn import(&self, context: &mut Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let if_in_state: Option<String> = arguments.optional("ifInState")?;
        let emails: Arguments = arguments.required("emails")?;
        arguments.finish()?;
        let account = access::account(&context.principal, &account_id, Capability::Mail, Access::Write)?.id;
        let limit = context.limits.max_objects_in_set;
        if emails.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
        }
        let mut if_in_state = match if_in_state {
            Some(state) => Some(State::parse(&state).ok_or(MethodError::StateMismatch)?.0),
            None => None,
        };

        let mut outcome = Outcome::default();
        let (mut old_state, mut new_state) = (None, None);
        let mut pending = emails.into_iter().peekable();
        // Even a call that brings nothing tells the state, and checks it.
        while old_state.is_none() || pending.peek().is_some() {
            let (mut names, mut batch, mut octets) = (Vec::new(), Vec::new(), 0);
            while octets < BATCH_OCTETS
                && let Some((name, value)) = pending.next()
            {
                match self.incoming(context, account, &value).await? {
                    Ok(incoming) => {
                        octets += incoming.raw.len();
                        names.push(name);
                        batch.push(incoming);
                    }
                    Err(error) => drop(outcome.not_created.insert(name, error.to_value())),
                }
            }
            let receipt = self.deliver(account, batch, if_in_state.take()).await?;
            old_state.get_or_insert(receipt.old_state);
            new_state = Some(receipt.new_state);
            for (name, delivered) in names.into_iter().zip(receipt.outcomes) {
                outcome.note(name, delivered, &mut context.created_ids);
            }
        }
        Ok(Reply::from(outcome.response(account, old_state, new_state)))
    }

    async fn deliver(
        &self,
        account: AccountId,
        batch: Vec<Incoming>,
        if_in_state: Option<i64>,
    ) -> Result<Receipt, MethodError> {
        deliver(&self.trust, account, batch, if_in_state).await.map_err(|error| match error {
            DeliveryError::StateMismatch => MethodError::StateMismatch,
            DeliveryError::Store(error) => error.into(),
        })
    }

    /// The message that an EmailImport stands for.
    async fn incoming(
        &self,
        context: &Context,
        account: AccountId,
        value: &Value,
    ) -> Result<Result<Incoming, SetError>, MethodError> {
        let import = match EmailImport::parse(value, &context.created_ids) {
            Ok(import) => import,
            Err(error) => return Ok(Err(error)),
        };
        let blob = match BlobId::parse(&import.blob_id) {
            Some(id) => read_blob(self.trust.store(), account, &context.principal.username, id).await?,
            None => None,
        };
        Ok(match blob {
            Some(raw) => Ok(Incoming { raw, received_at: import.received_at, membership: import.membership }),
            None => Err(SetError::BlobNotFound { not_found: vec![import.blob_id] }),
        })
    }
}

impl Handler for Import {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.import(context, arguments).boxed_local()
    }
}

impl EmailImport {
    fn parse(value: &Value, created_ids: &CreatedIds) -> Result<Self, SetError> {
        let Value::Object(object) = value else {
            return Err(SetError::invalid_property("emails", "must be EmailImport objects"));
        };
        let known = ["blobId", "mailboxIds", "keywords", "receivedAt"];
        if let Some(unknown) = object.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(SetError::invalid_property(unknown, "no such property"));
        }
        let blob_id = object.get("blobId").and_then(Value::as_str);
        let blob_id = blob_id.ok_or_else(|| SetError::invalid_property("blobId", "must be an Id"))?;
        let received_at = match object.get("receivedAt") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let date = value.as_str().and_then(parse_utc_date);
                Some(date.ok_or_else(|| SetError::invalid_property("receivedAt", "must be a UTCDate"))?)
            }
        };
        let keywords = object.get("keywords").map_or_else(|| Ok(Default::default()), parse_keywords)?;
        let mailboxes = parse_mailbox_id_set(object.get("mailboxIds").unwrap_or(&Value::Null), created_ids)?;
        Ok(Self { blob_id: blob_id.to_owned(), membership: Membership { mailboxes, keywords }, received_at })
    }
}

impl Outcome {
    fn note(&mut self, name: String, delivered: Delivered, created_ids: &mut CreatedIds) {
        let error = match delivered {
            Delivered::Stored(stored) => {
                created_ids.insert(name.clone(), stored.email.to_string());
                self.created.insert(name, created(&stored));
                return;
            }
            Delivered::AlreadyThere(existing) => {
                SetError::AlreadyExists { existing_id: existing.to_string() }
            }
            Delivered::Unreadable(reason) => SetError::InvalidEmail(reason.to_string()),
            Delivered::NoSuchMailbox(mailbox) => {
                SetError::invalid_property("mailboxIds", format_args!("there is no Mailbox {mailbox}"))
            }
        };
        self.not_created.insert(name, error.to_value());
    }

    fn response(self, account: AccountId, old_state: Option<i64>, new_state: Option<i64>) -> Arguments {
        let map_or_null = |map: Arguments| if map.is_empty() { Value::Null } else { Value::Object(map) };
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("oldState".to_owned(), json!(old_state.map(|state| State(state).to_string())));
        response.insert("newState".to_owned(), json!(new_state.map(|state| State(state).to_string())));
        response.insert("created".to_owned(), map_or_null(self.created));
        response.insert("notCreated".to_owned(), map_or_null(self.not_created));
        response
    }
}

fn created(stored: &Stored) -> Value {
    json!({
        "id": stored.email,
        "blobId": BlobId::Whole { hash: stored.blob.0 }.to_string(),
        "threadId": stored.thread,
        "size": stored.size,
    })
}
