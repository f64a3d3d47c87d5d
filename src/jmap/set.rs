//! Foo/set (RFC 8620 §5.3): the algorithm once, inside of whatever transaction the data type opens for it.

mod order;
mod request;

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::arguments::FromArguments;
use super::dispatch::{Handler, Reply};
use super::{Context, RecordType};
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

pub use request::{Operations, SetRequest};

/// A data type whose records clients can change.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Set: RecordType {
    /// Arguments beyond those of RFC 8620 §5.3.
    type Extra: FromArguments;

    /// Opens a transaction that keeps other writers of the account out, and calls [`SetRequest::apply`] in it.
    async fn set(
        &self,
        context: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<Self::Id>, MethodError>;
}

/// The records of one data type of one account inside of a transaction. Each of `create`, `update` and `destroy`
/// either does all that is asked, or changes nothing and says why.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Records {
    /// The ids of the records.
    type Id: RecordId;
    /// What breaks the whole call off, and rolls its transaction back.
    type Fault;

    /// Whether there is exactly one record, which can only be updated.
    const IS_SINGLETON: bool = false;

    /// The state that Foo/get would tell before anything is changed.
    async fn old_state(&mut self) -> Result<State, Self::Fault>;

    /// Creates a record. Its properties may refer to other records by `#` and a creation id of `created_ids`.
    /// Answers with its id, and with what the client did not say itself: server-set properties and defaults.
    async fn create(
        &mut self,
        object: Arguments,
        created_ids: &CreatedIds,
    ) -> Result<Result<(Self::Id, Arguments), SetError>, Self::Fault>;

    /// Changes a record. Answers with what changed beyond what the patch says, if something did.
    async fn update(
        &mut self,
        id: Self::Id,
        patch: &PatchObject,
        created_ids: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, Self::Fault>;

    /// Destroys a record.
    async fn destroy(&mut self, id: Self::Id) -> Result<Result<(), SetError>, Self::Fault>;

    /// The order in which to destroy, for types where one record can be in the way of another.
    async fn destroy_order(&mut self, ids: Vec<Self::Id>) -> Result<Vec<Self::Id>, Self::Fault> {
        Ok(ids)
    }

    /// The state that Foo/get will tell when the transaction is committed.
    async fn new_state(&mut self) -> Result<State, Self::Fault>;
}

/// What a /set did.
#[derive(Debug)]
pub struct SetOutcome<Id> {
    old_state: State,
    new_state: State,
    created: Vec<(String, Id, Arguments)>,
    updated: Vec<(Id, Option<Arguments>)>,
    destroyed: Vec<Id>,
    not_created: Vec<(String, SetError)>,
    not_updated: Vec<(String, SetError)>,
    not_destroyed: Vec<(String, SetError)>,
    created_ids: CreatedIds,
}

impl<T: Set> SetRequest<T> {
    /// The algorithm of RFC 8620 §5.3: ifInState, then create, update and destroy, in this order. It starts anew
    /// each time it is called, so that a transaction can be tried again. The outer error breaks the transaction
    /// off; with the inner one nothing was changed.
    pub async fn apply<R: Records<Id = T::Id>>(
        &self,
        records: &mut R,
    ) -> Result<Result<SetOutcome<T::Id>, MethodError>, R::Fault> {
        let old_state = records.old_state().await?;
        if self.if_in_state.as_ref().is_some_and(|wanted| *wanted != old_state.to_string()) {
            return Ok(Err(MethodError::StateMismatch));
        }
        let mut outcome = SetOutcome::new(old_state, self.created_ids.clone());
        work_off(&self.create, &self.update, &self.destroy, records, &mut outcome).await?;
        outcome.new_state = records.new_state().await?;
        Ok(Ok(outcome))
    }
}

impl Operations {
    /// The same for records that have no state and belong to no account (RFC 8620 §7.2.2).
    pub async fn apply<R: Records>(
        &self,
        records: &mut R,
        created_ids: CreatedIds,
    ) -> Result<SetOutcome<R::Id>, R::Fault> {
        let mut outcome = SetOutcome::new(State(0), created_ids);
        work_off(&self.create, &self.update, &self.destroy, records, &mut outcome).await?;
        Ok(outcome)
    }
}

/// Creates, updates and destroys, in this order (RFC 8620 §5.3).
async fn work_off<R: Records>(
    create: &[(String, Arguments)],
    update: &[(String, Arguments)],
    destroy: &[String],
    records: &mut R,
    outcome: &mut SetOutcome<R::Id>,
) -> Result<(), R::Fault> {
    create_all(create, records, outcome).await?;
    let doomed = resolve_destroy(destroy, outcome);
    update_all(update, records, &doomed, outcome).await?;
    destroy_all(records, doomed, outcome).await
}

async fn create_all<R: Records>(
    create: &[(String, Arguments)],
    records: &mut R,
    outcome: &mut SetOutcome<R::Id>,
) -> Result<(), R::Fault> {
    for (creation_id, object) in order::by_references(create) {
        let created = if R::IS_SINGLETON {
            Err(SetError::Singleton)
        } else {
            records.create(object.clone(), &outcome.created_ids).await?
        };
        match created {
            Ok((id, properties)) => {
                outcome.created_ids.insert(creation_id.clone(), id.to_string());
                outcome.created.push((creation_id.clone(), id, properties));
            }
            Err(error) => outcome.not_created.push((creation_id.clone(), error)),
        }
    }
    Ok(())
}

async fn update_all<R: Records>(
    update: &[(String, Arguments)],
    records: &mut R,
    doomed: &[R::Id],
    outcome: &mut SetOutcome<R::Id>,
) -> Result<(), R::Fault> {
    for (text, object) in update {
        let Some(id) = outcome.created_ids.resolve(text).and_then(R::Id::parse) else {
            outcome.not_updated.push((text.clone(), SetError::NotFound));
            continue;
        };
        let updated = match PatchObject::parse(object) {
            _ if doomed.contains(&id) => Err(SetError::WillDestroy),
            Ok(patch) => records.update(id, &patch, &outcome.created_ids).await?,
            Err(error) => Err(error),
        };
        match updated {
            Ok(properties) => outcome.updated.push((id, properties)),
            Err(error) => outcome.not_updated.push((id.to_string(), error)),
        }
    }
    Ok(())
}

/// The records to destroy, each once; ids that can be no record's are notFound at once.
fn resolve_destroy<Id: RecordId>(destroy: &[String], outcome: &mut SetOutcome<Id>) -> Vec<Id> {
    let mut doomed = Vec::new();
    for text in destroy {
        match outcome.created_ids.resolve(text).and_then(Id::parse) {
            Some(id) if doomed.contains(&id) => {}
            Some(id) => doomed.push(id),
            None => outcome.not_destroyed.push((text.clone(), SetError::NotFound)),
        }
    }
    doomed
}

async fn destroy_all<R: Records>(
    records: &mut R,
    doomed: Vec<R::Id>,
    outcome: &mut SetOutcome<R::Id>,
) -> Result<(), R::Fault> {
    for id in records.destroy_order(doomed).await? {
        let destroyed = if R::IS_SINGLETON { Err(SetError::Singleton) } else { records.destroy(id).await? };
        match destroyed {
            Ok(()) => outcome.destroyed.push(id),
            Err(error) => outcome.not_destroyed.push((id.to_string(), error)),
        }
    }
    Ok(())
}

impl<Id: RecordId> SetOutcome<Id> {
    fn new(old_state: State, created_ids: CreatedIds) -> Self {
        Self {
            old_state,
            new_state: old_state,
            created: Vec::new(),
            updated: Vec::new(),
            destroyed: Vec::new(),
            not_created: Vec::new(),
            not_updated: Vec::new(),
            not_destroyed: Vec::new(),
            created_ids,
        }
    }

    /// The response: all of its properties, null where there is nothing to tell (RFC 8620 §5.3).
    fn response(self, account: AccountId) -> Arguments {
        let mut response = Arguments::new();
        response.insert("accountId".to_owned(), json!(account));
        response.insert("oldState".to_owned(), json!(self.old_state.to_string()));
        response.insert("newState".to_owned(), json!(self.new_state.to_string()));
        response.extend(self.objects());
        response
    }

    /// What was created so far under creation ids.
    pub(super) fn created_ids(&self) -> &CreatedIds {
        &self.created_ids
    }

    /// What the response says of the single objects.
    pub(super) fn objects(self) -> Arguments {
        let mut response = Arguments::new();
        let created = self.created.into_iter().map(|(creation_id, id, properties)| {
            let mut object = Arguments::new();
            object.insert("id".to_owned(), json!(id.to_string()));
            object.extend(properties);
            (creation_id, Value::Object(object))
        });
        response.insert("created".to_owned(), map_or_null(created));
        let updated = self
            .updated
            .into_iter()
            .map(|(id, properties)| (id.to_string(), properties.map_or(Value::Null, Value::Object)));
        response.insert("updated".to_owned(), map_or_null(updated));
        let destroyed = match self.destroyed.as_slice() {
            [] => Value::Null,
            ids => ids.iter().map(Id::to_string).collect(),
        };
        response.insert("destroyed".to_owned(), destroyed);
        for (name, errors) in [
            ("notCreated", self.not_created),
            ("notUpdated", self.not_updated),
            ("notDestroyed", self.not_destroyed),
        ] {
            let errors = errors.into_iter().map(|(id, error)| (id, error.to_value()));
            response.insert(name.to_owned(), map_or_null(errors));
        }
        response
    }
}

/// A map, or null if it would be empty, as responses have it (RFC 8620 §5.3).
pub(super) fn map_or_null(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let map: Arguments = entries.collect();
    if map.is_empty() { Value::Null } else { Value::Object(map) }
}

/// Foo/set as a method.
pub(super) struct SetMethod<T>(pub(super) Arc<T>);

impl<T: Set> Handler for SetMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        set(&*self.0, context, arguments).boxed_local()
    }
}

async fn set<T: Set>(records: &T, context: &mut Context, arguments: Arguments) -> Result<Reply, MethodError> {
    let request = SetRequest::<T>::read(context, arguments)?;
    let outcome = records.set(context, &request).await?;
    context.created_ids = outcome.created_ids().clone();
    Ok(Reply::from(outcome.response(request.account)))
}

#[cfg(test)]
mod tests;
