//! Email/parse (RFC 8621 §4.9).

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::body::{Body, Place};
use super::properties::{BodyArguments, EmailProperties};
use super::render::{self, Source};
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::{ArgumentReader, FromArguments, IdText};
use crate::jmap::blob::Budget;
use crate::jmap::blobs::{self, read_blob, store_upload};
use crate::jmap::dispatch::{Handler, Reply};
use crate::mime::{Message, Summary};
use crate::smime::examine;
use crate::store::StoreError;
use crate::store::blob::BlobHash;
use crate::store::email::{EmailHeaders, SmimeColumns};
use crate::trust::Trust;
use crate::wire::blob_id::{BlobId, PartEncoding};
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::AccountId;

/// Email/parse as a method.
pub struct Parse {
    trust: Trust,
}

/// What a call asks for.
struct Request {
    account: AccountId,
    blob_ids: Vec<String>,
    properties: EmailProperties,
    /// `id` is among the properties; it is null.
    with_id: bool,
    body: BodyArguments,
}

impl Parse {
    /// Blobs are those of the store of `trust`.
    pub fn new(trust: Trust) -> Self {
        Self { trust }
    }

    async fn parse(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let request = Request::read(context, arguments)?;
        let mut parsed = Arguments::new();
        let (mut not_parsable, mut not_found) = (Vec::new(), Vec::new());
        let mut budget = Budget::of_call(&context.limits);
        for text in &request.blob_ids {
            let id = context.created_ids.resolve(text).and_then(BlobId::parse);
            let blob = match id {
                Some(id) => self.blob(context, request.account, id, &mut budget).await?,
                None => None,
            };
            let Some((id, raw)) = blob else {
                not_found.push(text.clone());
                continue;
            };
            match self.email(context, &request, id, &raw).await? {
                Some(email) => drop(parsed.insert(text.clone(), Value::Object(email))),
                None => not_parsable.push(text.clone()),
            }
        }
        let list_or_null = |ids: Vec<String>| if ids.is_empty() { Value::Null } else { json!(ids) };
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(request.account));
        response
            .insert("parsed".to_owned(), if parsed.is_empty() { Value::Null } else { Value::Object(parsed) });
        response.insert("notParsable".to_owned(), list_or_null(not_parsable));
        response.insert("notFound".to_owned(), list_or_null(not_found));
        Ok(Reply::from(response))
    }

    async fn blob(
        &self,
        context: &Context,
        account: AccountId,
        id: BlobId,
        budget: &mut Budget,
    ) -> Result<Option<(BlobId, Vec<u8>)>, MethodError> {
        let (store, login) = (self.trust.store(), &context.principal.username);
        budget.spend(blobs::octets_to_read(store, account, login, id).await?)?;
        let blob = read_blob(store, account, login, id).await?;
        Ok(blob.map(|raw| (id, raw)))
    }

    /// The message as an Email; `None` if it is none.
    async fn email(
        &self,
        context: &Context,
        request: &Request,
        id: BlobId,
        raw: &[u8],
    ) -> Result<Option<Arguments>, StoreError> {
        let Ok(message) = Message::parse(raw) else { return Ok(None) };
        let summary = Summary::of(&message);
        let wanted = &request.properties;
        let body = match wanted.need_message() {
            true => {
                let place = self.place(context, request.account, id, raw).await?;
                Some(Body::new(&message, place, &request.body))
            }
            false => None,
        };
        // Whether it is signed is a fact of the message; nobody keeps verdicts on what is in no account (RFC 9219 §4.1).
        let smime = wanted.properties.iter().any(|property| property.is_smime()).then(|| SmimeColumns {
            status: examine(&message).form.status_before_verdict(),
            status_at_delivery: None,
            errors: None,
            verified_at: None,
        });
        let source = Source {
            stored: None,
            blob_id: id,
            size: raw.len() as u64,
            sent_at: summary.sent_at,
            headers: &EmailHeaders::from(&summary),
            has_attachment: summary.has_attachment,
            preview: &summary.preview,
            smime: smime.as_ref(),
            signers: None,
            body: body.as_ref(),
            language: context.language,
        };
        let mut email = Arguments::new();
        if request.with_id {
            email.insert("id".to_owned(), Value::Null);
        }
        email.extend(render::email(&source, wanted));
        Ok(Some(email))
    }

    /// Where the parts of a message stand that is a blob itself, or a part of another message. The octets of a part
    /// that is encoded stand nowhere, so they become a blob of their own, as if this login had uploaded them.
    async fn place(
        &self,
        context: &Context,
        account: AccountId,
        id: BlobId,
        raw: &[u8],
    ) -> Result<Place, StoreError> {
        match id {
            BlobId::Whole { hash } => Ok(Place { blob: BlobHash(hash), offset: 0 }),
            BlobId::Part { hash, offset, encoding: PartEncoding::Identity, .. } => {
                Ok(Place { blob: BlobHash(hash), offset })
            }
            BlobId::Part { .. } => {
                let login = &context.principal.username;
                let id =
                    store_upload(self.trust.store(), account, login, Bytes::copy_from_slice(raw)).await?;
                Ok(Place { blob: BlobHash(*id.hash()), offset: 0 })
            }
        }
    }
}

impl Handler for Parse {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.parse(context, arguments).boxed_local()
    }
}

impl Request {
    fn read(context: &Context, arguments: Arguments) -> Result<Self, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let blob_ids: Vec<IdText> = arguments.required("blobIds")?;
        let properties: Option<Vec<String>> = arguments.optional("properties")?;
        let body = BodyArguments::read(&mut arguments)?;
        arguments.finish()?;
        let account = access::account(&context.principal, &account_id, Capability::Mail, Access::Read)?.id;
        let limit = context.limits.max_objects_in_get;
        if blob_ids.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}")));
        }
        let with_id = properties.iter().flatten().any(|name| name == "id");
        let properties = match properties {
            Some(names) => EmailProperties::select(Some(names), &context.using)?,
            None => EmailProperties::of_parsed(),
        };
        let mut seen = HashSet::new();
        let blob_ids =
            blob_ids.into_iter().map(|IdText(id)| id).filter(|id| seen.insert(id.clone())).collect();
        Ok(Self { account, blob_ids, properties, with_id, body })
    }
}
