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

/// An object of these properties, in their order; `value` gives the value of each.
pub fn object_of(names: &[&'static str], value: impl Fn(&'static str) -> Value) -> Arguments {
    names.iter().map(|name| ((*name).to_owned(), value(name))).collect()
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
    let asked = Asked::<T::Id>::read(context, ids)?;
    let wanted = asked.as_ref().map_or(Wanted::All { limit }, |asked| Wanted::Ids(&asked.records));
    let request = GetRequest { account, ids: wanted, properties: &properties, extra: &extra };
    let fetched = records.fetch(context, request).await?;
    if asked.is_none() && fetched.list.len() > limit {
        return Err(too_large(limit));
    }

    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("state".to_owned(), json!(fetched.state.to_string()));
    response.extend(listed(asked, fetched.list));
    Ok(Reply::from(response))
}

/// What the response says of the single records: `list` and `notFound`.
pub(super) fn listed<Id: RecordId>(asked: Option<Asked<Id>>, found: Vec<(Id, Arguments)>) -> Arguments {
    let (list, not_found) = match asked {
        Some(asked) => asked.arrange(found),
        None => (found, Vec::new()),
    };
    let mut response = Arguments::new();
    response.insert("list".to_owned(), list.into_iter().map(with_id).collect());
    response.insert("notFound".to_owned(), json!(not_found));
    response
}

/// The ids that a client asks for: each once, in its order.
pub(super) struct Asked<Id> {
    /// The id as the client wrote it, with the record id that it can stand for.
    ids: Vec<(String, Option<Id>)>,
    /// The records that they can be.
    pub(super) records: Vec<Id>,
}

impl<Id: RecordId> Asked<Id> {
    /// The ids of the argument; `None` asks for all. requestTooLarge if they are too many.
    pub(super) fn read(context: &Context, ids: Option<Vec<IdText>>) -> Result<Option<Self>, MethodError> {
        let limit = context.limits.max_objects_in_get as usize;
        match ids {
            Some(ids) if ids.len() > limit => Err(too_large(limit)),
            ids => Ok(ids.map(|ids| Self::new(context, ids))),
        }
    }

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

fn with_id<Id: RecordId>((id, mut object): (Id, Arguments)) -> Value {
    object.shift_insert(0, "id".to_owned(), Value::from(id.to_string()));
    Value::Object(object)
}

fn too_large(limit: usize) -> MethodError {
    MethodError::RequestTooLarge(format!("maxObjectsInGet is {limit}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::jmap::fake::Server;

    #[tokio::test]
    async fn records_come_once_each_in_the_order_of_the_ids_and_the_rest_is_not_found() {
        let (name, response) = Server::new()
            .call(
                "Todo/get",
                json!({"accountId": "a1", "ids": ["d3", "nonsense", "d1", "d3"], "properties": ["title"]}),
            )
            .await;
        assert_eq!(name, "Todo/get");
        assert_eq!(
            response.to_string(),
            json!({
                "accountId": "a1",
                "state": "7",
                "list": [{"id": "d3", "title": "todo 3"}, {"id": "d1", "title": "todo 1"}],
                "notFound": ["nonsense"],
            })
            .to_string()
        );
        let ids = json!(["d5", "#never", "d5", "#never"]);
        let (_, response) = Server::new().call("Todo/get", json!({"accountId": "a1", "ids": ids})).await;
        assert_eq!(response["notFound"], json!(["d5", "#never"]));
        let (_, response) = Server::new().call("Todo/get", json!({"accountId": "a1", "ids": []})).await;
        assert_eq!((&response["list"], &response["notFound"]), (&json!([]), &json!([])));
    }

    #[tokio::test]
    async fn properties_stand_in_the_order_of_their_definition_and_id_is_always_there() {
        let server = Server::new();
        let keys = async |properties| {
            let arguments = json!({"accountId": "a1", "ids": ["d1"], "properties": properties});
            let (_, response) = server.call("Todo/get", arguments).await;
            response["list"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(json!(["keywords", "title"])).await, ["id", "title", "keywords"]);
        assert_eq!(keys(json!(["id"])).await, ["id"]);
        assert_eq!(keys(json!([])).await, ["id"]);
        assert_eq!(keys(json!(null)).await, ["id", "title", "keywords", "subTodoIds"]);
    }

    #[tokio::test]
    async fn more_than_max_objects_in_get_is_too_large() {
        let server = Server::new();
        let five = json!({"accountId": "a1", "ids": ["d1", "d2", "d3", "d4", "d5"]});
        assert_eq!(server.error("Todo/get", five).await, "requestTooLarge");
        assert_eq!(server.error("Todo/get", json!({"accountId": "a1"})).await, "requestTooLarge");
        server.call("Todo/set", json!({"accountId": "a1", "destroy": ["d6"]})).await;
        let (_, response) = server.call("Todo/get", json!({"accountId": "a1", "ids": null})).await;
        assert_eq!(response["list"].as_array().unwrap().len(), 4);
        assert_eq!(response["notFound"], json!([]));
    }

    #[tokio::test]
    async fn arguments_that_are_missing_wrong_or_unknown_are_invalid() {
        let server = Server::new();
        for wrong in [
            json!({"ids": ["d1"]}),
            json!({"accountId": null, "ids": ["d1"]}),
            json!({"accountId": 1, "ids": ["d1"]}),
            json!({"accountId": "a1", "ids": "d1"}),
            json!({"accountId": "a1", "ids": [1]}),
            json!({"accountId": "a1", "ids": [""]}),
            json!({"accountId": "a1", "ids": [], "properties": ["nothing"]}),
            json!({"accountId": "a1", "ids": [], "properties": "title"}),
            json!({"accountId": "a1", "ids": [], "strange": 1}),
        ] {
            assert_eq!(server.error("Todo/get", wrong.clone()).await, "invalidArguments", "{wrong}");
        }
    }

    #[tokio::test]
    async fn accounts_are_checked() {
        let server = Server::new();
        let error =
            async |account: &str| server.error("Todo/get", json!({"accountId": account, "ids": []})).await;
        assert_eq!(error("a9").await, "accountNotFound");
        assert_eq!(error("a3").await, "accountNotSupportedByMethod");
    }
}
