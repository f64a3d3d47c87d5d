//! Blob/copy (RFC 8620 §6.3).

use std::collections::BTreeMap;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::budget::Budget;
use crate::jmap::Context;
use crate::jmap::access;
use crate::jmap::arguments::{ArgumentReader, IdText};
use crate::jmap::blobs::{copy_upload, read_blob, store_upload};
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::set::map_or_null;
use crate::store::blob::{self, BlobHash};
use crate::store::{Store, StoreError};
use crate::wire::blob_id::BlobId;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::AccountId;

/// Blob/copy as a method.
pub struct Copy {
    store: Store,
}

/// What a call asks for. The user may read in the one account and write in the other, which are not the same.
struct Request {
    from_account: AccountId,
    account: AccountId,
    blob_ids: Vec<String>,
}

impl Copy {
    /// Blobs are copied in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn copy(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let request = Request::read(context, arguments)?;
        let mut budget = Budget::of_call(&context.limits);
        let (mut copied, mut not_copied) = (BTreeMap::new(), BTreeMap::new());
        for text in &request.blob_ids {
            if copied.contains_key(text) || not_copied.contains_key(text) {
                continue;
            }
            match self.copy_one(context, &request, text, &mut budget).await? {
                Ok(id) => drop(copied.insert(text.clone(), Value::from(id.to_string()))),
                Err(error) => drop(not_copied.insert(text.clone(), error.to_value())),
            }
        }
        let mut response = Arguments::new();
        response.insert("fromAccountId".to_owned(), json!(request.from_account));
        response.insert("accountId".to_owned(), json!(request.account));
        response.insert("copied".to_owned(), map_or_null(copied.into_iter()));
        response.insert("notCopied".to_owned(), map_or_null(not_copied.into_iter()));
        Ok(Reply::from(response))
    }

    async fn copy_one(
        &self,
        context: &Context,
        request: &Request,
        text: &str,
        budget: &mut Budget,
    ) -> Result<Result<BlobId, SetError>, StoreError> {
        // RFC 8620 §6.3 would let this be notFound; clients know blobNotFound, which names the ids besides.
        let not_found = || SetError::BlobNotFound { not_found: vec![text.to_owned()] };
        let Some(id) = context.created_ids.resolve(text).and_then(BlobId::parse) else {
            return Ok(Err(not_found()));
        };
        let login = &context.principal.username;
        match id {
            BlobId::Whole { hash } => {
                let (from, to) = (request.from_account, request.account);
                let is_there = copy_upload(&self.store, from, to, login, BlobHash(hash)).await?;
                Ok(if is_there { Ok(id) } else { Err(not_found()) })
            }
            BlobId::Part { .. } => {
                self.copy_part(request, login, id, budget).await.map(|copied| match copied {
                    Ok(copied) => copied.ok_or_else(not_found),
                    Err(error) => Err(error),
                })
            }
        }
    }

    /// The octets of a part become a blob of their own: whoever gets the part must not get all of the message.
    /// `None` if the part is not there.
    async fn copy_part(
        &self,
        request: &Request,
        login: &str,
        id: BlobId,
        budget: &mut Budget,
    ) -> Result<Result<Option<BlobId>, SetError>, StoreError> {
        let hash = BlobHash(*id.hash());
        let read = self.store.snapshot("blob/readable", async |transaction| {
            blob::readable(transaction, request.from_account, login, &[hash]).await
        });
        let Some(size) = read.await?.remove(&hash) else { return Ok(Ok(None)) };
        if let Err(spent) = budget.spend(size) {
            return Ok(Err(spent.into()));
        }
        let Some(data) = read_blob(&self.store, request.from_account, login, id).await? else {
            return Ok(Ok(None));
        };
        store_upload(&self.store, request.account, login, data.into()).await.map(|id| Ok(Some(id)))
    }
}

impl Handler for Copy {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.copy(context, arguments).boxed_local()
    }
}

impl Request {
    fn read(context: &Context, arguments: Arguments) -> Result<Self, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let from_account_id: String = arguments.required("fromAccountId")?;
        let account_id: String = arguments.required("accountId")?;
        let blob_ids: Vec<IdText> = arguments.required("blobIds")?;
        arguments.finish()?;
        if from_account_id == account_id {
            return Err(MethodError::invalid_argument(
                "fromAccountId",
                "must be another account than accountId",
            ));
        }
        // Every account has blobs: there is no capability to ask for, as there is none for uploads.
        let principal = &context.principal;
        let from = access::visible(principal, &from_account_id).ok_or(MethodError::FromAccountNotFound)?;
        let to = access::visible(principal, &account_id).ok_or(MethodError::AccountNotFound)?;
        if to.is_read_only {
            return Err(MethodError::AccountReadOnly);
        }
        let limit = context.limits.max_objects_in_set;
        if blob_ids.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
        }
        let blob_ids = blob_ids.into_iter().map(|IdText(id)| id).collect();
        Ok(Self { from_account: from.id, account: to.id, blob_ids })
    }
}
