//! MDN/parse (RFC 9007 §2.2).

use std::collections::HashSet;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::object::object;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::{ArgumentReader, IdText};
use crate::jmap::blob::Budget;
use crate::jmap::blobs::{self, read_blob};
use crate::jmap::dispatch::{Handler, Reply};
use crate::mime::Message;
use crate::mime::mdn::Notification;
use crate::store::{Store, StoreError, email};
use crate::wire::blob_id::BlobId;
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, EmailId};

/// MDN/parse as a method.
pub struct Parse {
    store: Store,
}

impl Parse {
    /// Blobs are those of this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn parse(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let blob_ids: Vec<IdText> = arguments.required("blobIds")?;
        arguments.finish()?;
        let account = account(context, &account_id, Access::Read)?;
        let limit = context.limits.max_objects_in_get;
        if blob_ids.len() as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}")));
        }
        let mut seen = HashSet::new();
        let mut parsed = Arguments::new();
        let mut budget = Budget::of_call(&context.limits);
        let (mut not_parsable, mut not_found) = (Vec::new(), Vec::new());
        for IdText(text) in blob_ids.into_iter().filter(|IdText(text)| seen.insert(text.clone())) {
            let blob = match context.created_ids.resolve(&text).and_then(BlobId::parse) {
                Some(id) => {
                    let login = &context.principal.username;
                    budget.spend(blobs::octets_to_read(&self.store, account, login, id).await?)?;
                    read_blob(&self.store, account, login, id).await?
                }
                None => None,
            };
            let Some(raw) = blob else {
                not_found.push(text);
                continue;
            };
            let notification = Message::parse(&raw).ok().and_then(|message| Notification::of(&message));
            let Some(notification) = notification else {
                not_parsable.push(text);
                continue;
            };
            let for_email = self.email(account, &notification).await?;
            parsed.insert(text, Value::Object(object(&notification, for_email)));
        }
        let list_or_null = |ids: Vec<String>| if ids.is_empty() { Value::Null } else { json!(ids) };
        let parsed = if parsed.is_empty() { Value::Null } else { Value::Object(parsed) };
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("parsed".to_owned(), parsed);
        response.insert("notParsable".to_owned(), list_or_null(not_parsable));
        response.insert("notFound".to_owned(), list_or_null(not_found));
        Ok(Reply::from(response))
    }

    /// The email that a notification is about, if the account holds one such and no other with the same message id.
    async fn email(
        &self,
        account: AccountId,
        notification: &Notification,
    ) -> Result<Option<EmailId>, StoreError> {
        let id = notification.report.original_message_id.as_deref().map(|id| id.trim_matches(['<', '>']));
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
        self.store
            .snapshot("mdn/email", async |transaction| email::by_message_id(transaction, account, id).await)
            .await
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

/// The account, if this user may do this in it. One that is not there is an invalidArguments here (RFC 9007 §2.1,
/// §2.2).
pub(super) fn account(context: &Context, id: &str, access: Access) -> Result<AccountId, MethodError> {
    match access::account(&context.principal, id, Capability::Mdn, access) {
        Ok(account) => Ok(account.id),
        Err(MethodError::AccountNotFound) => {
            Err(MethodError::invalid_argument("accountId", "there is no such account"))
        }
        Err(other) => Err(other),
    }
}
