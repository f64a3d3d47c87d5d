//! Email/import (RFC 8621 §4.8).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::deliveries::{Deliveries, Outcome};
use super::membership::{parse_keywords, parse_mailbox_id_set, parse_received_at};
use super::problems::Problems;
use super::render;
use crate::delivery::Incoming;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::ArgumentReader;
use crate::jmap::blobs::octets;
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::set::map_or_null;
use crate::store::blob::{self, BlobHash};
use crate::store::email::Membership;
use crate::trust::Trust;
use crate::wire::blob_id::BlobId;
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::AccountId;
use crate::wire::references::CreatedIds;

/// Email/import as a method.
pub struct Import {
    trust: Trust,
}

/// Octets of messages that are read by one statement at most, unless one message has more.
const OCTETS_AT_ONCE: u64 = 32 << 20;

/// One EmailImport (RFC 8621 §4.8), read but not yet looked up.
struct Wanted {
    /// As the client gave it.
    blob_id: String,
    /// What it names; `None` if that can be no blob.
    blob: Option<BlobId>,
    membership: Membership,
    received_at: Option<DateTime<Utc>>,
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
        let mut deliveries = Deliveries::new(&self.trust, account, if_in_state.as_deref())?;
        let mut wanted = Vec::with_capacity(emails.len());
        for (name, value) in emails {
            match Wanted::parse(&value, &context.created_ids) {
                Ok(import) => wanted.push((name, import)),
                Err(error) => deliveries.refuse(name, error),
            }
        }
        self.deliver(&mut deliveries, account, &context.principal.username, wanted).await?;
        let outcome = deliveries.finish().await?;
        for (name, stored) in &outcome.created {
            context.created_ids.insert(name.clone(), stored.email.to_string());
        }
        Ok(Reply::from(response(account, outcome)))
    }

    /// Reads the messages and delivers them, in their order. As many are read at once as are delivered at once.
    async fn deliver(
        &self,
        deliveries: &mut Deliveries<'_>,
        account: AccountId,
        login: &str,
        wanted: Vec<(String, Wanted)>,
    ) -> Result<(), MethodError> {
        let store = self.trust.store();
        let hashes: BTreeSet<BlobHash> = wanted.iter().filter_map(|(_, wanted)| wanted.hash()).collect();
        let hashes: Vec<BlobHash> = hashes.into_iter().collect();
        let readable = store.transaction("email/import/readable", async |transaction| {
            blob::readable(transaction, account, login, &hashes).await
        });
        let sizes = readable.await?;
        let octets = |wanted: &Wanted| wanted.hash().and_then(|hash| sizes.get(&hash)).copied().unwrap_or(0);
        let mut rest = wanted.into_iter().peekable();
        while rest.peek().is_some() {
            let (mut together, mut sum) = (Vec::new(), 0_u64);
            while let Some(next) =
                rest.next_if(|(_, next)| together.is_empty() || sum + octets(next) <= OCTETS_AT_ONCE)
            {
                sum += octets(&next.1);
                together.push(next);
            }
            let hashes: Vec<BlobHash> = together.iter().filter_map(|(_, wanted)| wanted.hash()).collect();
            let read = store.transaction("email/import/read", async |transaction| {
                blob::read_all(transaction, account, login, &hashes).await
            });
            let blobs = read.await?;
            for (name, wanted) in together {
                match wanted.incoming(&blobs) {
                    Ok(incoming) => deliveries.push(name, incoming).await?,
                    Err(error) => deliveries.refuse(name, error),
                }
            }
        }
        Ok(())
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

impl Wanted {
    fn parse(value: &Value, created_ids: &CreatedIds) -> Result<Self, SetError> {
        let Value::Object(object) = value else {
            return Err(SetError::invalid_property("emails", "must be EmailImport objects"));
        };
        let mut problems = Problems::default();
        let known = ["blobId", "mailboxIds", "keywords", "receivedAt"];
        for unknown in object.keys().filter(|name| !known.contains(&name.as_str())) {
            problems.add(unknown, "no such property");
        }
        let blob_id = object.get("blobId").and_then(Value::as_str).map(str::to_owned);
        if blob_id.is_none() {
            problems.add("blobId", "must be an Id");
        }
        let received_at = problems.take(parse_received_at(object.get("receivedAt")));
        let keywords = object.get("keywords").map_or_else(|| Ok(Default::default()), parse_keywords);
        let keywords = problems.take(keywords);
        let mailboxes = object.get("mailboxIds").unwrap_or(&Value::Null);
        let mailboxes = problems.take(parse_mailbox_id_set(mailboxes, created_ids));
        match (blob_id, received_at, keywords, mailboxes, problems.into_error(Vec::new())) {
            (_, _, _, _, Some(error)) => Err(error),
            (Some(blob_id), Some(received_at), Some(keywords), Some(mailboxes), None) => {
                let blob = created_ids.resolve(&blob_id).and_then(BlobId::parse);
                Ok(Self { blob_id, blob, membership: Membership { mailboxes, keywords }, received_at })
            }
            _ => Err(SetError::invalid_property("emails", "must be EmailImport objects")),
        }
    }

    /// The stored bytes that the message is, or is a part of.
    fn hash(&self) -> Option<BlobHash> {
        self.blob.map(|blob| BlobHash(*blob.hash()))
    }

    /// The message, out of the blobs that were read.
    fn incoming(self, blobs: &BTreeMap<BlobHash, Vec<u8>>) -> Result<Incoming, SetError> {
        let raw = self.blob.and_then(|blob| octets(blobs.get(&BlobHash(*blob.hash()))?, blob));
        match raw {
            Some(raw) => Ok(Incoming {
                raw: raw.into_owned(),
                received_at: self.received_at,
                membership: self.membership,
            }),
            // Not blobNotFound, which is for the parts of an Email that is composed (RFC 8621 §4.6).
            None => {
                let problem = format!("there is no blob {:?}", self.blob_id);
                Err(SetError::invalid_property("blobId", problem))
            }
        }
    }
}

fn response(account: AccountId, outcome: Outcome) -> Arguments {
    let created = outcome.created.iter().map(|(name, stored)| {
        let mut object = Arguments::new();
        object.insert("id".to_owned(), json!(stored.email));
        object.extend(render::stored(stored));
        (name.clone(), Value::Object(object))
    });
    let not_created = outcome.not_created.iter().map(|(name, error)| (name.clone(), error.to_value()));
    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("oldState".to_owned(), json!(outcome.old_state.to_string()));
    response.insert("newState".to_owned(), json!(outcome.new_state.to_string()));
    response.insert("created".to_owned(), map_or_null(created));
    response.insert("notCreated".to_owned(), map_or_null(not_created));
    response
}
