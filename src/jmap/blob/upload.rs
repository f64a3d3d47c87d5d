//! Blob/upload (RFC 9404 §4.1).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::budget::Budget;
use super::sources::UploadObject;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::ArgumentReader;
use crate::jmap::blobs::{octets, read_stored, store_upload};
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::set::map_or_null;
use crate::store::blob::{self, BlobHash};
use crate::store::{Store, StoreError};
use crate::wire::blob_id::BlobId;
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, is_id};

/// Blob/upload as a method.
pub struct Upload {
    store: Store,
}

/// What a call may move.
struct Budgets {
    /// Octets of blobs that are there.
    reading: Budget,
    /// Octets of new ones.
    making: Budget,
}

/// A blob that was made.
struct Made {
    id: BlobId,
    media_type: Option<String>,
    size: usize,
}

impl Upload {
    /// Blobs go into `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes one blob after the other, in the client's order: later ones may refer to earlier ones.
    async fn upload(&self, context: &mut Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let create: Arguments = arguments.required("create")?;
        arguments.finish()?;
        let account = access::account(&context.principal, &account_id, Capability::Blob, Access::Write)?.id;
        let limit = context.limits.max_objects_in_set;
        if create.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
        }
        if let Some(wrong) = create.keys().find(|name| !is_id(name)) {
            return Err(MethodError::invalid_argument("create", format_args!("{wrong:?} is no Id")));
        }
        let mut budgets =
            Budgets { reading: Budget::of_call(&context.limits), making: Budget::of_call(&context.limits) };
        let (mut created, mut not_created) = (Vec::new(), Vec::new());
        for (name, value) in create {
            match self.make(context, account, value, &mut budgets).await? {
                Ok(made) => {
                    context.created_ids.insert(name.clone(), made.id.to_string());
                    created.push((name, made.to_value()));
                }
                Err(error) => not_created.push((name, error.to_value())),
            }
        }
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("created".to_owned(), map_or_null(created.into_iter()));
        response.insert("notCreated".to_owned(), map_or_null(not_created.into_iter()));
        Ok(Reply::from(response))
    }

    async fn make(
        &self,
        context: &Context,
        account: AccountId,
        value: Value,
        budgets: &mut Budgets,
    ) -> Result<Result<Made, SetError>, StoreError> {
        let object = match UploadObject::parse(value, &context.created_ids) {
            Ok(object) => object,
            Err(error) => return Ok(Err(error)),
        };
        let login = &context.principal.username;
        let stored = match self.stored(account, login, &object, &mut budgets.reading).await? {
            Ok(stored) => stored,
            Err(error) => return Ok(Err(error)),
        };
        let data = match put_together(&object, &stored, context.limits.max_size_upload, &mut budgets.making) {
            Ok(data) => data,
            Err(error) => return Ok(Err(error)),
        };
        let size = data.len();
        let id = store_upload(&self.store, account, login, data.into()).await?;
        Ok(Ok(Made { id, media_type: object.media_type, size }))
    }

    /// The stored bytes that the sources need, each read once, after the budget allowed for them.
    async fn stored(
        &self,
        account: AccountId,
        login: &str,
        object: &UploadObject,
        budget: &mut Budget,
    ) -> Result<Result<BTreeMap<BlobHash, Vec<u8>>, SetError>, StoreError> {
        let mut stored = BTreeMap::new();
        let ids: BTreeSet<BlobId> = object.blobs().collect();
        if ids.is_empty() {
            return Ok(Ok(stored));
        }
        let hashes: BTreeSet<BlobHash> = ids.iter().map(|id| BlobHash(*id.hash())).collect();
        let hashes: Vec<BlobHash> = hashes.into_iter().collect();
        let sizes = self.store.snapshot("blob/readable", async |transaction| {
            blob::readable(transaction, account, login, &hashes).await
        });
        let sizes = sizes.await?;
        if let Err(error) = allow(&ids, &sizes, budget) {
            return Ok(Err(error));
        }
        for hash in hashes {
            if let Some(raw) = read_stored(&self.store, account, login, hash).await? {
                stored.insert(hash, raw);
            }
        }
        Ok(Ok(stored))
    }
}

/// Takes from the budget what reading these blobs, and decoding parts of them, costs.
fn allow(
    ids: &BTreeSet<BlobId>,
    sizes: &BTreeMap<BlobHash, u64>,
    budget: &mut Budget,
) -> Result<(), SetError> {
    let is_missing = |id: &&BlobId| !sizes.contains_key(&BlobHash(*id.hash()));
    let not_found: Vec<String> = ids.iter().filter(is_missing).map(BlobId::to_string).collect();
    if !not_found.is_empty() {
        return Err(SetError::BlobNotFound { not_found });
    }
    let octets = sizes.values().copied().chain(ids.iter().map(BlobId::octets_to_decode));
    budget.spend(octets.fold(0, u64::saturating_add))?;
    Ok(())
}

/// The blob that the sources amount to. How long it is shows before any octet of it is written.
fn put_together(
    object: &UploadObject,
    stored: &BTreeMap<BlobHash, Vec<u8>>,
    max_size: u64,
    budget: &mut Budget,
) -> Result<Vec<u8>, SetError> {
    let mut blobs: BTreeMap<BlobId, Cow<'_, [u8]>> = BTreeMap::new();
    for id in object.blobs().collect::<BTreeSet<_>>() {
        match stored.get(&BlobHash(*id.hash())).and_then(|raw| octets(raw, id)) {
            Some(octets) => drop(blobs.insert(id, octets)),
            None => return Err(SetError::BlobNotFound { not_found: vec![id.to_string()] }),
        }
    }
    let slices = object.slices(&blobs)?;
    // Neither can overflow: there are few sources, and each of them is in memory.
    let size = slices.iter().map(|slice| slice.len() as u64).sum::<u64>();
    if size > max_size {
        return Err(SetError::TooLarge(format!("{size} octets; maxSizeBlobSet is {max_size}")));
    }
    budget.spend(size)?;
    Ok(slices.concat())
}

impl Made {
    /// What is told of it. Of a type that the client does not know nothing is guessed (RFC 9404 §4.1).
    fn to_value(&self) -> Value {
        let media_type = self.media_type.as_deref().unwrap_or("application/octet-stream");
        json!({"id": self.id.to_string(), "type": media_type, "size": self.size})
    }
}

impl Handler for Upload {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.upload(context, arguments).boxed_local()
    }
}
