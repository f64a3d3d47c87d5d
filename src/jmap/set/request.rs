//! The arguments of a /set.

use std::fmt;

use serde::de::DeserializeOwned;

use super::Set;
use crate::jmap::Context;
use crate::jmap::access::{self, Access};
use crate::jmap::arguments::{ArgumentReader, FromArguments, IdText};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId, is_id};
use crate::wire::references::CreatedIds;

/// What a /set is asked to do; the user may write in the account.
pub struct SetRequest<T: Set + ?Sized> {
    /// The account.
    pub account: AccountId,
    /// The state that the account must be in.
    pub if_in_state: Option<String>,
    /// Creation ids with the objects to create.
    pub create: Vec<(String, Arguments)>,
    /// Ids with the patches to apply.
    pub update: Vec<(String, Arguments)>,
    /// Ids of what to destroy.
    pub destroy: Vec<String>,
    /// The arguments that the data type adds.
    pub extra: T::Extra,
    /// What was created before in the same request.
    pub created_ids: CreatedIds,
}

/// What a /set is to do, whatever its records belong to.
#[derive(Debug)]
pub struct Operations {
    /// Creation ids with the objects to create.
    pub create: Vec<(String, Arguments)>,
    /// Ids with the patches to apply.
    pub update: Vec<(String, Arguments)>,
    /// Ids of what to destroy.
    pub destroy: Vec<String>,
}

impl Operations {
    /// Takes `create`, `update` and `destroy` out of the arguments.
    pub fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        let create = map(arguments, "create", is_id)?;
        let update = map(arguments, "update", |id| is_id(id.strip_prefix('#').unwrap_or(id)))?;
        let destroy: Vec<IdText> = arguments.optional("destroy")?.unwrap_or_default();
        Ok(Self { create, update, destroy: destroy.into_iter().map(|IdText(id)| id).collect() })
    }

    /// requestTooLarge if these are more objects than one /set may name (RFC 8620 §5.3).
    pub fn check_number(&self, context: &Context) -> Result<(), MethodError> {
        let limit = context.limits.max_objects_in_set;
        if (self.create.len() + self.update.len() + self.destroy.len()) as u64 > limit {
            return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
        }
        Ok(())
    }
}

impl<T: Set> SetRequest<T> {
    /// Reads and checks the arguments, the right to write, and the number of objects.
    pub(super) fn read(context: &Context, arguments: Arguments) -> Result<Self, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let account_id: String = arguments.required("accountId")?;
        let if_in_state = arguments.optional("ifInState")?;
        let operations = Operations::read(&mut arguments)?;
        let extra = T::Extra::read(&mut arguments)?;
        arguments.finish()?;

        let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Write)?.id;
        operations.check_number(context)?;
        let Operations { create, update, destroy } = operations;
        Ok(Self {
            account,
            if_in_state,
            create,
            update,
            destroy,
            extra,
            created_ids: context.created_ids.clone(),
        })
    }
}

impl<T: Set> SetRequest<T> {
    /// The records that the call updates or destroys, as far as their ids can be records'.
    pub fn existing_ids(&self) -> Vec<T::Id> {
        let texts = self.update.iter().map(|(id, _)| id).chain(&self.destroy);
        texts.filter_map(|text| self.created_ids.resolve(text).and_then(T::Id::parse)).collect()
    }
}

impl<T: Set<Extra = ()>> SetRequest<T> {
    /// The same call with other objects to create, for types that make something of the objects before the transaction
    /// begins. `object` is given the place of each creation, and what the client wrote.
    pub fn with_created(&self, object: impl Fn(usize, &Arguments) -> Arguments) -> Self {
        let create = self.create.iter().enumerate();
        Self {
            account: self.account,
            if_in_state: self.if_in_state.clone(),
            create: create.map(|(place, (id, given))| (id.clone(), object(place, given))).collect(),
            update: self.update.clone(),
            destroy: self.destroy.clone(),
            extra: (),
            created_ids: self.created_ids.clone(),
        }
    }
}

impl<T: Set> fmt::Debug for SetRequest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetRequest")
            .field("account", &self.account)
            .field("if_in_state", &self.if_in_state)
            .field("create", &self.create)
            .field("update", &self.update)
            .field("destroy", &self.destroy)
            .finish_non_exhaustive()
    }
}

/// A map of ids to objects, in the order in which the client wrote it.
fn map<V>(
    arguments: &mut ArgumentReader,
    name: &str,
    is_key: impl Fn(&str) -> bool,
) -> Result<Vec<(String, V)>, MethodError>
where
    V: DeserializeOwned,
{
    let map: Option<Arguments> = arguments.optional(name)?;
    map.unwrap_or_default()
        .into_iter()
        .map(|(key, value)| {
            if !is_key(&key) {
                return Err(MethodError::invalid_argument(name, format_args!("{key:?} is no Id")));
            }
            let value = serde_json::from_value(value).map_err(|error| {
                MethodError::invalid_argument(name, format_args!("the value of {key:?}: {error}"))
            })?;
            Ok((key, value))
        })
        .collect()
}
