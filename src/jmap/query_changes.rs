//! Foo/queryChanges (RFC 8620 §5.6): arguments and response. What changed in the results is the data type's to know.

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::Context;
use super::access::{self, Access};
use super::arguments::{ArgumentReader, FromArguments, IdText, UnsignedInt};
use super::dispatch::{Handler, Reply};
use super::query::Query;
use crate::query::Since;
use crate::store::DataType;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::state::State;

/// How many changes a response tells at most, whatever the client would take. With more, a client is better off with
/// a new list.
pub const MAX_QUERY_CHANGES: u64 = 10_000;

/// A data type of which a client can follow the results of a query.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait QueryChanges: Query {
    /// What changed in the results since a state. cannotCalculateChanges if that is not known (any more), and
    /// tooManyChanges as [`QueryChangesRequest::refuse_more`] says.
    async fn query_changes(
        &self,
        context: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<Self::Id>, MethodError>;
}

/// What a /queryChanges wants to know.
#[derive(Debug)]
pub struct QueryChangesRequest<T: Query + ?Sized> {
    /// The account; this user may read it.
    pub account: AccountId,
    /// Which records.
    pub filter: T::Filter,
    /// In which order.
    pub sort: T::Sort,
    /// Since which state of the query.
    pub since: State,
    /// How many changes the client takes.
    pub max_changes: Option<u64>,
    /// The last id of the results that the client knows. To be ignored unless filter and sort rest on nothing that
    /// can change, and if it is not in the results.
    pub up_to: Option<T::Id>,
    /// Whether the client wants to know how many results there are.
    pub calculate_total: bool,
    /// The arguments that the data type adds.
    pub extra: T::Extra,
}

impl<T: Query> QueryChangesRequest<T> {
    /// The same for the query room, which reads the log of a data type.
    pub fn since(&self, data_type: DataType) -> Since {
        let max_changes = self.max_changes.map_or(MAX_QUERY_CHANGES, |max| max.min(MAX_QUERY_CHANGES));
        Since { data_type: data_type.number(), state: self.since.0, max_changes }
    }

    /// tooManyChanges if these are more than the client takes, and cannotCalculateChanges if they are more than a
    /// response tells.
    pub fn refuse_more(&self, changes: u64) -> Result<(), MethodError> {
        match self.max_changes {
            Some(max) if changes > max => Err(MethodError::TooManyChanges),
            _ if changes > MAX_QUERY_CHANGES => Err(MethodError::CannotCalculateChanges),
            _ => Ok(()),
        }
    }
}

/// What changed in the results of a query. A client that takes out what was removed and then puts in what was added,
/// in this order, has the results of the new state.
#[derive(Debug)]
pub struct QueryChanged<Id> {
    /// The state that the changes lead to.
    pub new_query_state: State,
    /// What left the results, and what may have moved in them.
    pub removed: Vec<Id>,
    /// What entered the results, and what of `removed` is in them, with its index; lowest index first.
    pub added: Vec<(Id, u64)>,
    /// The number of all results; needed if it was asked for, and told only then.
    pub total: Option<u64>,
}

/// Foo/queryChanges as a method.
pub(super) struct QueryChangesMethod<T>(pub(super) Arc<T>);

impl<T: QueryChanges> Handler for QueryChangesMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        query_changes(&*self.0, context, arguments).boxed_local()
    }
}

async fn query_changes<T: QueryChanges>(
    records: &T,
    context: &Context,
    arguments: Arguments,
) -> Result<Reply, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let account_id: String = arguments.required("accountId")?;
    let filter = arguments.raw("filter");
    let sort = arguments.raw("sort");
    let since_query_state: String = arguments.required("sinceQueryState")?;
    let max_changes: Option<UnsignedInt> = arguments.optional("maxChanges")?;
    let up_to: Option<IdText> = arguments.optional("upToId")?;
    let calculate_total = arguments.or_default("calculateTotal", false)?;
    let extra = T::Extra::read(&mut arguments)?;
    arguments.finish()?;

    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Read)?.id;
    let request = QueryChangesRequest {
        account,
        filter: records.filter(context, filter)?,
        sort: records.sort(context, sort)?,
        since: State::parse(&since_query_state).ok_or(MethodError::CannotCalculateChanges)?,
        max_changes: max_changes.map(|UnsignedInt(max)| max),
        up_to: up_to.and_then(|IdText(id)| context.created_ids.resolve(&id).and_then(T::Id::parse)),
        calculate_total,
        extra,
    };
    let changed = records.query_changes(context, &request).await?;
    request.refuse_more((changed.removed.len() + changed.added.len()) as u64)?;

    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("oldQueryState".to_owned(), Value::String(since_query_state));
    response.insert("newQueryState".to_owned(), json!(changed.new_query_state.to_string()));
    if let Some(total) = changed.total.filter(|_| calculate_total) {
        response.insert("total".to_owned(), json!(total));
    }
    response.insert("removed".to_owned(), changed.removed.iter().map(T::Id::to_string).collect());
    let added = changed.added.iter().map(|(id, index)| json!({"id": id.to_string(), "index": index}));
    response.insert("added".to_owned(), added.collect());
    Ok(Reply::from(response))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::jmap::fake::Server;

    async fn changes(server: &Server, more: Value) -> Value {
        let mut arguments = json!({"accountId": "a1"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.call("Todo/queryChanges", arguments).await.1
    }

    #[tokio::test]
    async fn the_response_has_its_properties_in_order() {
        let response = changes(&Server::new(), json!({"sinceQueryState": "3", "calculateTotal": true})).await;
        assert_eq!(
            response.to_string(),
            json!({
                "accountId": "a1",
                "oldQueryState": "3",
                "newQueryState": "7",
                "total": 5,
                "removed": ["d5"],
                "added": [{"id": "d4", "index": 3}, {"id": "d6", "index": 4}],
            })
            .to_string()
        );
        let none = changes(&Server::new(), json!({"sinceQueryState": "7", "maxChanges": 0})).await;
        assert_eq!((&none["removed"], &none["added"], none.get("total")), (&json!([]), &json!([]), None));
    }

    #[tokio::test]
    async fn removed_and_added_count_as_changes() {
        let server = Server::new();
        let kind = async |max| {
            let response = changes(&server, json!({"sinceQueryState": "3", "maxChanges": max})).await;
            response.get("type").cloned()
        };
        assert_eq!(kind(json!(3)).await, None);
        assert_eq!(kind(json!(null)).await, None);
        assert_eq!(kind(json!(2)).await, Some(json!("tooManyChanges")));
        assert_eq!(kind(json!(0)).await, Some(json!("tooManyChanges")));
    }

    #[tokio::test]
    async fn states_that_were_never_given_out_cannot_be_calculated_from() {
        let server = Server::new();
        for state in ["", "x", "-1", "8", "07"] {
            let response = changes(&server, json!({"sinceQueryState": state})).await;
            assert_eq!(response["type"], "cannotCalculateChanges", "{state}");
        }
    }

    #[tokio::test]
    async fn wrong_arguments_are_errors() {
        let server = Server::new();
        for (wrong, kind) in [
            (json!({}), "invalidArguments"),
            (json!({"sinceQueryState": null}), "invalidArguments"),
            (json!({"sinceQueryState": 1}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "maxChanges": -1}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "upToId": 1}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "upToId": ""}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "calculateTotal": null}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "position": 0}), "invalidArguments"),
            (json!({"sinceQueryState": "1", "filter": {}}), "unsupportedFilter"),
            (json!({"sinceQueryState": "1", "sort": []}), "unsupportedSort"),
            (json!({"sinceQueryState": "1", "accountId": "a9"}), "accountNotFound"),
        ] {
            assert_eq!(changes(&server, wrong.clone()).await["type"], kind, "{wrong}");
        }
        // An id that no record has is in no results.
        let response = changes(&server, json!({"sinceQueryState": "7", "upToId": "x"})).await;
        assert_eq!(response["added"], json!([]));
    }
}
