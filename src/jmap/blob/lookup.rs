//! Blob/lookup (RFC 9404 §4.3).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::get::ids_asked_for;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::{ArgumentReader, IdText};
use crate::jmap::dispatch::{Handler, Reply};
use crate::store::Store;
use crate::store::blob::{self, BlobHash, Reference};
use crate::wire::blob_id::BlobId;
use crate::wire::capability::{BlobHolder, Capability};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;

/// Blob/lookup as a method.
pub struct Lookup {
    store: Store,
}

impl Lookup {
    /// Looks in `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn lookup(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let type_names: Vec<String> = arguments.required("typeNames")?;
        let ids: Vec<IdText> = arguments.required("ids")?;
        arguments.finish()?;
        let account = access::account(&context.principal, &account_id, Capability::Blob, Access::Read)?.id;
        let holders =
            type_names.iter().map(|name| holder(context, name)).collect::<Result<BTreeSet<_>, _>>()?;
        let ids = ids_asked_for(context, ids)?;
        let hashes: BTreeSet<BlobHash> =
            ids.iter().filter_map(|(_, id)| id.map(|id| BlobHash(*id.hash()))).collect();
        let hashes: Vec<BlobHash> = hashes.into_iter().collect();
        let references = self.store.snapshot("blob/references", async |transaction| {
            blob::references(transaction, account, &hashes).await
        });
        let mut of_hash: BTreeMap<BlobHash, Vec<Reference>> = BTreeMap::new();
        for reference in references.await? {
            of_hash.entry(reference.hash).or_default().push(reference);
        }
        let (mut list, mut not_found) = (Vec::new(), Vec::new());
        for (text, id) in ids {
            // What could be the id of a blob gets its empty lists whether there is such a blob or not: whether there is
            // one that the user cannot see must not show (RFC 9404 §4.3).
            match id {
                Some(id) => {
                    let references =
                        of_hash.get(&BlobHash(*id.hash())).map(Vec::as_slice).unwrap_or_default();
                    list.push(json!({"id": id.to_string(), "matchedIds": matched(id, &holders, references)}));
                }
                None => not_found.push(text),
            }
        }
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("list".to_owned(), Value::Array(list));
        response.insert("notFound".to_owned(), json!(not_found));
        Ok(Reply::from(response))
    }
}

/// The data type of this name. All that hold blobs are of mail, which the request must use.
fn holder(context: &Context, name: &str) -> Result<BlobHolder, MethodError> {
    let known = BlobHolder::ALL.into_iter().find(|holder| holder.name() == name);
    known.filter(|_| Capability::Mail.serves(&context.using)).ok_or_else(|| {
        MethodError::UnknownDataType(format!(
            "no data type {name:?} that holds blobs, with the capabilities in use"
        ))
    })
}

/// The records of these data types by whose emails one comes to the blob.
fn matched(id: BlobId, holders: &BTreeSet<BlobHolder>, references: &[Reference]) -> Arguments {
    let holding: Vec<&Reference> = references.iter().filter(|reference| holds(reference, id)).collect();
    let ids = |holder: BlobHolder| match holder {
        BlobHolder::Mailbox => {
            let ids: BTreeSet<_> = holding.iter().flat_map(|reference| &reference.mailboxes).collect();
            json!(ids)
        }
        BlobHolder::Thread => {
            let ids: BTreeSet<_> = holding.iter().map(|reference| reference.thread).collect();
            json!(ids)
        }
        BlobHolder::Email => json!(holding.iter().map(|reference| reference.email).collect::<Vec<_>>()),
    };
    holders.iter().map(|holder| (holder.name().to_owned(), ids(*holder))).collect()
}

/// Whether the email has the blob: its message, or octets inside of it.
fn holds(reference: &Reference, id: BlobId) -> bool {
    match id {
        BlobId::Whole { .. } => true,
        BlobId::Part { offset, length, .. } => {
            offset.checked_add(length).is_some_and(|end| end <= reference.size)
        }
    }
}

impl Handler for Lookup {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.lookup(context, arguments).boxed_local()
    }
}
