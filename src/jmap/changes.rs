//! Foo/changes (RFC 8620 §5.2).

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::access::{self, Access};
use super::arguments::{ArgumentReader, UnsignedInt};
use super::dispatch::{Handler, Reply};
use super::{Context, RecordType};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::state::State;

/// How many ids a response tells at most, whatever the client would take.
pub const MAX_CHANGES: u64 = 10_000;

/// A data type whose changes are recorded.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Changes: RecordType {
    /// What happened since a state: at most `max` ids, up to a state that was true. `None` if it is not known any
    /// more.
    async fn changes(
        &self,
        context: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<Self::Id>>, MethodError>;
}

/// What happened between two states.
#[derive(Debug)]
pub struct ChangeSet<Id> {
    /// The state that these changes lead to.
    pub new_state: State,
    /// Whether that is not yet the present state.
    pub has_more: bool,
    /// New records.
    pub created: Vec<Id>,
    /// Records that changed.
    pub updated: Vec<Id>,
    /// Records that are gone.
    pub destroyed: Vec<Id>,
    /// What the data type adds to the response (RFC 8621 §2.2, updatedProperties).
    pub extra: Arguments,
}

/// Foo/changes as a method.
pub(super) struct ChangesMethod<T>(pub(super) Arc<T>);

impl<T: Changes> Handler for ChangesMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        changes(&*self.0, context, arguments).boxed_local()
    }
}

async fn changes<T: Changes>(
    records: &T,
    context: &Context,
    arguments: Arguments,
) -> Result<Reply, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let account_id: String = arguments.required("accountId")?;
    let since_state: String = arguments.required("sinceState")?;
    let max_changes: Option<UnsignedInt> = arguments.optional("maxChanges")?;
    arguments.finish()?;
    let max = match max_changes {
        Some(UnsignedInt(0)) => return Err(MethodError::invalid_argument("maxChanges", "must be positive")),
        Some(UnsignedInt(max)) => max.min(MAX_CHANGES),
        None => MAX_CHANGES,
    };

    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Read)?.id;
    let since = State::parse(&since_state).ok_or(MethodError::CannotCalculateChanges)?;
    let changes = records
        .changes(context, account, since, max)
        .await?
        // A state from the future was never given out.
        .filter(|changes| changes.new_state >= since)
        .ok_or(MethodError::CannotCalculateChanges)?;

    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("oldState".to_owned(), Value::String(since_state));
    response.insert("newState".to_owned(), json!(changes.new_state.to_string()));
    response.insert("hasMoreChanges".to_owned(), Value::Bool(changes.has_more));
    response.insert("created".to_owned(), texts(&changes.created));
    response.insert("updated".to_owned(), texts(&changes.updated));
    response.insert("destroyed".to_owned(), texts(&changes.destroyed));
    response.extend(changes.extra);
    Ok(Reply::from(response))
}

fn texts<Id: RecordId>(ids: &[Id]) -> Value {
    ids.iter().map(Id::to_string).collect()
}
