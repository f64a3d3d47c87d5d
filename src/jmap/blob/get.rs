//! Blob/get (RFC 9404 §4.2).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::budget::{Budget, Spent};
use super::selection::Selection;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::{ArgumentReader, IdText, UnsignedInt};
use crate::jmap::blobs::{octets, read_stored};
use crate::jmap::dispatch::{Handler, Reply};
use crate::store::Store;
use crate::store::blob::{self, BlobHash};
use crate::wire::blob_id::BlobId;
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::AccountId;

/// Blob/get as a method.
pub struct Get {
    store: Store,
}

/// What a call asks for. The user may read in the account.
struct Request {
    account: AccountId,
    /// The ids as the client wrote them, each once, with what they can stand for.
    ids: Vec<(String, Option<BlobId>)>,
    selection: Selection,
}

/// What is known of the blobs that are there.
type Found = BTreeMap<BlobId, Arguments>;

impl Get {
    /// Blobs are read from `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn get(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let request = Request::read(context, arguments)?;
        let mut found = self.find(context, &request).await?;
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        for (text, id) in &request.ids {
            match id.and_then(|id| found.remove(&id)) {
                Some(told) => {
                    let id = id.map(|id| json!(id.to_string())).unwrap_or_default();
                    let blob: Arguments = [("id".to_owned(), id)].into_iter().chain(told).collect();
                    list.push(Value::Object(blob));
                }
                None => not_found.push(text.clone()),
            }
        }
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(request.account));
        response.insert("list".to_owned(), Value::Array(list));
        response.insert("notFound".to_owned(), json!(not_found));
        Ok(Reply::from(response))
    }

    /// Reads each stored blob once and one at a time, and only where its octets are needed.
    async fn find(&self, context: &Context, request: &Request) -> Result<Found, MethodError> {
        let mut of_hash: BTreeMap<BlobHash, BTreeSet<BlobId>> = BTreeMap::new();
        for id in request.ids.iter().filter_map(|(_, id)| *id) {
            of_hash.entry(BlobHash(*id.hash())).or_default().insert(id);
        }
        let login = &context.principal.username;
        let hashes: Vec<BlobHash> = of_hash.keys().copied().collect();
        let sizes = self.store.snapshot("blob/readable", async |transaction| {
            blob::readable(transaction, request.account, login, &hashes).await
        });
        let mut budget = Budget::of_call(&context.limits);
        let mut answer = Answer { selection: &request.selection, left: context.limits.max_size_request };
        let mut found = Found::new();
        for (hash, size) in sizes.await? {
            let ids = of_hash.remove(&hash).unwrap_or_default();
            let is_told_by_size =
                |id: &BlobId| matches!(id, BlobId::Whole { .. }) && !request.selection.needs_octets();
            let (by_size, by_octets): (Vec<_>, Vec<_>) = ids.into_iter().partition(is_told_by_size);
            found.extend(by_size.into_iter().map(|id| (id, request.selection.of_size(size))));
            if by_octets.is_empty() {
                continue;
            }
            allow(&by_octets, size, &mut budget)?;
            answer.allow_whole(&by_octets, size)?;
            if let Some(raw) = read_stored(&self.store, request.account, login, hash).await? {
                found.extend(answer.tell(raw, by_octets).await?);
            }
        }
        Ok(found)
    }
}

/// Takes from the budget what reading a stored blob, and decoding and digesting these parts of it, costs.
fn allow(ids: &[BlobId], size: u64, budget: &mut Budget) -> Result<(), Spent> {
    budget.spend(size)?;
    ids.iter().try_for_each(|id| budget.spend(id.octets_to_decode()))
}

/// The response as it grows. It holds no more octets of blobs than a request may have.
struct Answer<'a> {
    selection: &'a Selection,
    left: u64,
}

impl Answer<'_> {
    /// Refuses a whole blob that is too large for the response before it is read.
    fn allow_whole(&self, ids: &[BlobId], size: u64) -> Result<(), MethodError> {
        let has_whole = ids.iter().any(|id| matches!(id, BlobId::Whole { .. }));
        if has_whole && self.selection.octets_told(size) > self.left { Err(too_large()) } else { Ok(()) }
    }

    /// What is told of these parts of a stored blob. Digests of large blobs take their time, so this happens on a thread
    /// that may block.
    async fn tell(
        &mut self,
        raw: Vec<u8>,
        ids: Vec<BlobId>,
    ) -> Result<Vec<(BlobId, Arguments)>, MethodError> {
        let (selection, mut left) = (self.selection.clone(), self.left);
        let told = tokio::task::spawn_blocking(move || {
            let mut told = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(octets) = octets(&raw, id) else { continue };
                left = left.checked_sub(selection.octets_told(octets.len() as u64)).ok_or_else(too_large)?;
                told.push((id, selection.of(&octets)));
            }
            Ok::<_, MethodError>((told, left))
        });
        let (told, left) = told.await.map_err(|panic| {
            tracing::error!(%panic, "telling of a blob panicked");
            MethodError::ServerFail("the blob could not be told".to_owned())
        })??;
        self.left = left;
        Ok(told)
    }
}

fn too_large() -> MethodError {
    let advice =
        "the response would hold more octets than maxSizeRequest; ask for less, with offset and length";
    MethodError::RequestTooLarge(advice.to_owned())
}

impl Handler for Get {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.get(context, arguments).boxed_local()
    }
}

impl Request {
    fn read(context: &Context, arguments: Arguments) -> Result<Self, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        // There is no list of all blobs (RFC 8620 §5.1: if this is supported).
        let ids: Vec<IdText> = arguments.required("ids")?;
        let properties: Option<Vec<String>> = arguments.optional("properties")?;
        let number = |number: Option<UnsignedInt>| number.map(|UnsignedInt(number)| number);
        let offset = number(arguments.optional("offset")?);
        let length = number(arguments.optional("length")?);
        arguments.finish()?;
        let account = access::account(&context.principal, &account_id, Capability::Blob, Access::Read)?.id;
        let selection = Selection::new(properties, offset, length)?;
        let ids = ids_asked_for(context, ids)?;
        Ok(Self { account, ids, selection })
    }
}

/// The blobs that a client asks for, each once: what it wrote, and what that can stand for.
pub(super) fn ids_asked_for(
    context: &Context,
    ids: Vec<IdText>,
) -> Result<Vec<(String, Option<BlobId>)>, MethodError> {
    let limit = context.limits.max_objects_in_get;
    if ids.len() as u64 > limit {
        return Err(MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}")));
    }
    let (mut seen, mut texts) = (BTreeSet::new(), BTreeSet::new());
    let asked = ids.into_iter().filter_map(|IdText(text)| {
        let id = context.created_ids.resolve(&text).and_then(BlobId::parse);
        let is_new = match id {
            Some(id) => seen.insert(id),
            None => texts.insert(text.clone()),
        };
        is_new.then_some((text, id))
    });
    Ok(asked.collect())
}
