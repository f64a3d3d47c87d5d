//! Foo/get (RFC 8620 §5.1).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::access::{self, Access};
use super::arguments::{ArgumentReader, FromArguments, IdText};
use super::dispatch::{Handler, Reply};
use super::{Context, RecordType};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::state::State;

/// A data type whose records can be fetched.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Get: RecordType {
    /// The properties to fetch, in the order in which they are written.
    type Properties;
    /// Arguments beyond those of RFC 8620 §5.1.
    type Extra: FromArguments;

    /// Checks the properties that a client names; `None` stands for the default. A property that is not known, or
    /// not with the capabilities in use, is an invalidArguments. See [`select`].
    fn properties(
        &self,
        context: &Context,
        requested: Option<Vec<String>>,
        extra: &Self::Extra,
    ) -> Result<Self::Properties, MethodError>;

    /// Reads the state, and the records that are there, all from one snapshot.
    async fn fetch(
        &self,
        context: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<Self::Id>, MethodError>;
}

/// What a /get wants to know.
#[derive(Debug)]
pub struct GetRequest<'a, T: Get + ?Sized> {
    /// The account; this user may read it.
    pub account: AccountId,
    /// Which records, each once.
    pub ids: Wanted<'a, T::Id>,
    /// What of them.
    pub properties: &'a T::Properties,
    /// The arguments that the data type adds.
    pub extra: &'a T::Extra,
}

/// Which records to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a, Id> {
    /// These, as far as they are there.
    Ids(&'a [Id]),
    /// All. With `limit` + 1 of them it is clear that there are too many, and no more need be read.
    All {
        /// maxObjectsInGet.
        limit: usize,
    },
}

/// What was found.
#[derive(Debug)]
pub struct Fetched<Id> {
    /// The state of the data type in the account.
    pub state: State,
    /// The records; the properties of each in the order of their definition. `id` is added by the frame.
    pub list: Vec<(Id, Arguments)>,
}

/// The properties of `definition` that a client names, in the order of the definition, without `id`; all of them if
/// it names none.
pub fn select(
    definition: &[&'static str],
    requested: Option<Vec<String>>,
) -> Result<Vec<&'static str>, MethodError> {
    let Some(requested) = requested else { return Ok(definition.to_vec()) };
    let known = |name: &str| name == "id" || definition.contains(&name);
    if let Some(unknown) = requested.iter().find(|name| !known(name)) {
        return Err(MethodError::invalid_argument("properties", format_args!("no property {unknown:?}")));
    }
    Ok(definition.iter().copied().filter(|name| requested.iter().any(|wanted| wanted == name)).collect())
}

/// Foo/get as a method.
pub(super) struct GetMethod<T>(pub(super) Arc<T>);

impl<T: Get> Handler for GetMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        get(&*self.0, context, arguments).boxed_local()
    }
}

async fn get<T: Get>(records: &T, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let account_id: String = arguments.required("accountId")?;
    let ids: Option<Vec<IdText>> = arguments.optional("ids")?;
    let properties = arguments.optional("properties")?;
    let extra = T::Extra::read(&mut arguments)?;
    arguments.finish()?;

    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Read)?.id;
    let properties = records.properties(context, properties, &extra)?;
    let limit = context.limits.max_objects_in_get as usize;
    if ids.as_ref().is_some_and(|ids| ids.len() > limit) {
        return Err(too_large(limit));
    }
    let asked = ids.map(|ids| Asked::<T::Id>::new(context, ids));
    let wanted = asked.as_ref().map_or(Wanted::All { limit }, |asked| Wanted::Ids(&asked.records));
    let request = GetRequest { account, ids: wanted, properties: &properties, extra: &extra };
    let fetched = records.fetch(context, request).await?;
    if asked.is_none() && fetched.list.len() > limit {
        return Err(too_large(limit));
    }

    let (list, not_found) = match asked {
        Some(asked) => asked.arrange(fetched.list),
        None => (fetched.list, Vec::new()),
    };
    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("state".to_owned(), json!(fetched.state.to_string()));
    response.insert("list".to_owned(), list.into_iter().map(with_id).collect());
    response.insert("notFound".to_owned(), json!(not_found));
    Ok(Reply::from(response))
}

/// The ids that a client asks for: each once, in its order.
struct Asked<Id> {
    /// The id as the client wrote it, with the record id that it can stand for.
    ids: Vec<(String, Option<Id>)>,
    records: Vec<Id>,
}

impl<Id: RecordId> Asked<Id> {
    fn new(context: &Context, ids: Vec<IdText>) -> Self {
        let (mut seen_texts, mut seen_records) = (HashSet::new(), HashSet::new());
        let ids: Vec<_> = ids
            .into_iter()
            .map(|IdText(text)| {
                let record = context.created_ids.resolve(&text).and_then(Id::parse);
                (text, record)
            })
            .filter(|(text, record)| match record {
                Some(record) => seen_records.insert(*record),
                None => seen_texts.insert(text.clone()),
            })
            .collect();
        let records = ids.iter().filter_map(|(_, record)| *record).collect();
        Self { ids, records }
    }

    /// The records in the order in which they were asked for, and the ids of those that are not there.
    fn arrange(self, list: Vec<(Id, Arguments)>) -> (Vec<(Id, Arguments)>, Vec<String>) {
        let mut found: HashMap<Id, Arguments> = list.into_iter().collect();
        let (mut arranged, mut not_found) = (Vec::with_capacity(found.len()), Vec::new());
        for (text, record) in self.ids {
            match record.and_then(|id| Some((id, found.remove(&id)?))) {
                Some(entry) => arranged.push(entry),
                None => not_found.push(text),
            }
        }
        (arranged, not_found)
    }
}

fn with_id<Id: RecordId>((id, properties): (Id, Arguments)) -> Value {
    let mut object = Arguments::new();
    object.insert("id".to_owned(), Value::from(id.to_string()));
    object.extend(properties);
    Value::Object(object)
}

fn too_large(limit: usize) -> MethodError {
    MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}"))
}
