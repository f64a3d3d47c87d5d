//! Foo/query (RFC 8620 §5.5): arguments, window and response. Filtering and sorting are the data type's.

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::access::{self, Access};
use super::arguments::{ArgumentReader, FromArguments, IdText, Int, UnsignedInt};
use super::dispatch::{Handler, Reply};
use super::{Context, RecordType};
use crate::query::Window;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::state::State;

/// How many ids a response tells at most; a larger `limit` is clamped to it (RFC 8620 §5.5).
pub const MAX_RESULTS: u64 = 10_000;

/// A data type whose records can be searched.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Query: RecordType {
    /// A filter as read.
    type Filter;
    /// A sort order as read.
    type Sort;
    /// Arguments beyond those of RFC 8620 §5.5.
    type Extra: FromArguments;

    /// Reads the filter; `None` matches all. invalidArguments if it is malformed, unsupportedFilter if it cannot be
    /// processed, also where it needs a capability that is not in use.
    fn filter(&self, context: &Context, filter: Option<Value>) -> Result<Self::Filter, MethodError>;

    /// Reads the Comparators; `None` is for the data type to decide. invalidArguments if they are malformed,
    /// unsupportedSort for a property or a collation that is not known.
    fn sort(&self, context: &Context, sort: Option<Value>) -> Result<Self::Sort, MethodError>;

    /// Runs the query. anchorNotFound if the anchor is not among the results.
    async fn query(
        &self,
        context: &Context,
        request: &QueryRequest<Self>,
    ) -> Result<Queried<Self::Id>, MethodError>;
}

/// What a /query wants to know.
#[derive(Debug)]
pub struct QueryRequest<T: Query + ?Sized> {
    /// The account; this user may read it.
    pub account: AccountId,
    /// Which records.
    pub filter: T::Filter,
    /// In which order.
    pub sort: T::Sort,
    /// From where in the results.
    pub start: Start<T::Id>,
    /// How many ids at most.
    pub limit: u64,
    /// Whether the client wants to know how many results there are.
    pub calculate_total: bool,
    /// The arguments that the data type adds.
    pub extra: T::Extra,
}

/// Where in the results the answer starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<Id> {
    /// At this index; a negative one counts from the end.
    Position(i64),
    /// At the index of a record plus an offset.
    Anchor(Id, i64),
}

impl<Id> Start<Id> {
    /// The index of the first id of the answer, from the number of results and the index of the anchor in them.
    /// anchorNotFound if there is an anchor and no index of it. A data type that lets the database count computes
    /// the same there.
    pub fn resolve(&self, total: u64, anchor: Option<u64>) -> Result<u64, MethodError> {
        let index = match self {
            Self::Position(position) if *position < 0 => i128::from(total) + i128::from(*position),
            Self::Position(position) => i128::from(*position),
            Self::Anchor(_, offset) => {
                i128::from(anchor.ok_or(MethodError::AnchorNotFound)?) + i128::from(*offset)
            }
        };
        Ok(u64::try_from(index.max(0)).unwrap_or(u64::MAX))
    }
}

/// Where the answer starts, as the query room counts it in the database.
pub fn window<Id>(start: Start<Id>, number: impl Fn(Id) -> i64) -> Window {
    match start {
        Start::Position(position) => Window::Position(position),
        Start::Anchor(id, offset) => Window::Anchor { id: number(id), offset },
    }
}

/// The answer to a query.
#[derive(Debug)]
pub struct Queried<Id> {
    /// Changes whenever the results may have changed.
    pub query_state: State,
    /// Whether Foo/queryChanges works for this filter and sort.
    pub can_calculate_changes: bool,
    /// The index of the first id.
    pub position: u64,
    /// The ids.
    pub ids: Vec<Id>,
    /// The number of all results; needed if it was asked for, and told only then.
    pub total: Option<u64>,
}

/// Foo/query as a method.
pub(super) struct QueryMethod<T>(pub(super) Arc<T>);

impl<T: Query> Handler for QueryMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        query(&*self.0, context, arguments).boxed_local()
    }
}

async fn query<T: Query>(records: &T, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let account_id: String = arguments.required("accountId")?;
    let filter = arguments.raw("filter");
    let sort = arguments.raw("sort");
    let start = start(context, &mut arguments)?;
    let wanted: Option<UnsignedInt> = arguments.optional("limit")?;
    let calculate_total = arguments.or_default("calculateTotal", false)?;
    let extra = T::Extra::read(&mut arguments)?;
    arguments.finish()?;

    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Read)?.id;
    let filter = records.filter(context, filter)?;
    let sort = records.sort(context, sort)?;
    let limit = wanted.map_or(MAX_RESULTS, |UnsignedInt(limit)| limit.min(MAX_RESULTS));
    let request = QueryRequest { account, filter, sort, start: start?, limit, calculate_total, extra };
    let queried = records.query(context, &request).await?;

    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("queryState".to_owned(), json!(queried.query_state.to_string()));
    response.insert("canCalculateChanges".to_owned(), Value::Bool(queried.can_calculate_changes));
    response.insert("position".to_owned(), json!(queried.position));
    response.insert("ids".to_owned(), queried.ids.iter().map(T::Id::to_string).collect());
    if let Some(total) = queried.total.filter(|_| calculate_total) {
        response.insert("total".to_owned(), json!(total));
    }
    if wanted != Some(UnsignedInt(limit)) {
        response.insert("limit".to_owned(), json!(limit));
    }
    Ok(Reply::from(response))
}

/// `position`, `anchor` and `anchorOffset`. The inner error is an anchor that can be no record's id, which is told
/// only after all arguments are known to be valid.
fn start<Id: RecordId>(
    context: &Context,
    arguments: &mut ArgumentReader,
) -> Result<Result<Start<Id>, MethodError>, MethodError> {
    let Int(position) = arguments.or_default("position", Int(0))?;
    let anchor: Option<IdText> = arguments.optional("anchor")?;
    let Int(offset) = arguments.or_default("anchorOffset", Int(0))?;
    Ok(match anchor {
        None => Ok(Start::Position(position)),
        Some(IdText(anchor)) => match context.created_ids.resolve(&anchor).and_then(Id::parse) {
            Some(id) => Ok(Start::Anchor(id, offset)),
            None => Err(MethodError::AnchorNotFound),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Start;
    use crate::jmap::fake::Server;
    use crate::wire::errors::MethodError;

    async fn query(more: Value) -> Value {
        let mut arguments = json!({"accountId": "a1"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Server::new().call("Todo/query", arguments).await.1
    }

    #[tokio::test]
    async fn the_response_has_its_properties_in_order() {
        let response = query(json!({"limit": 2, "calculateTotal": true})).await;
        assert_eq!(
            response.to_string(),
            json!({
                "accountId": "a1",
                "queryState": "7",
                "canCalculateChanges": true,
                "position": 0,
                "ids": ["d1", "d2"],
                "total": 5,
            })
            .to_string()
        );
    }

    #[tokio::test]
    async fn total_is_told_only_if_asked_for_and_limit_only_if_the_server_set_it() {
        let response = query(json!({"limit": 2})).await;
        assert_eq!((response.get("total"), response.get("limit")), (None, None));
        assert_eq!(query(json!({})).await["limit"], super::MAX_RESULTS);
        assert_eq!(query(json!({"limit": super::MAX_RESULTS + 1})).await["limit"], super::MAX_RESULTS);
        assert_eq!(query(json!({"limit": 0})).await["ids"], json!([]));
    }

    #[tokio::test]
    async fn windows_start_at_positions_and_anchors() {
        let window = async |more| {
            let response = query(more).await;
            (response["position"].clone(), response["ids"].clone())
        };
        assert_eq!(window(json!({"position": 3, "limit": 9})).await, (json!(3), json!(["d4", "d6"])));
        assert_eq!(window(json!({"position": -2, "limit": 9})).await, (json!(3), json!(["d4", "d6"])));
        assert_eq!(window(json!({"position": -9, "limit": 1})).await, (json!(0), json!(["d1"])));
        assert_eq!(window(json!({"position": 5, "limit": 1})).await, (json!(5), json!([])));
        // An anchor makes the position unimportant, and the offset is nothing without an anchor.
        let anchored = json!({"anchor": "d4", "anchorOffset": -1, "position": 99, "limit": 2});
        assert_eq!(window(anchored).await, (json!(2), json!(["d3", "d4"])));
        assert_eq!(window(json!({"anchor": "d2", "anchorOffset": -9, "limit": 1})).await.0, json!(0));
        assert_eq!(window(json!({"anchorOffset": 3, "limit": 1})).await.0, json!(0));
    }

    #[tokio::test]
    async fn anchors_that_are_not_there_and_wrong_arguments_are_errors() {
        assert_eq!(query(json!({"anchor": "d5"})).await["type"], "anchorNotFound");
        assert_eq!(query(json!({"anchor": "x"})).await["type"], "anchorNotFound");
        assert_eq!(query(json!({"filter": {}})).await["type"], "unsupportedFilter");
        assert_eq!(query(json!({"sort": []})).await["type"], "unsupportedSort");
        for wrong in [
            json!({"limit": -1}),
            json!({"limit": 1.5}),
            json!({"position": null}),
            json!({"position": "1"}),
            json!({"anchorOffset": null}),
            json!({"calculateTotal": 1}),
            json!({"anchor": "x", "limit": -1}),
            json!({"collapse": true}),
        ] {
            assert_eq!(query(wrong.clone()).await["type"], "invalidArguments", "{wrong}");
        }
    }

    #[test]
    fn no_offset_overflows() {
        let far = i64::MAX;
        assert_eq!(Start::<()>::Position(-far).resolve(u64::MAX, None), Ok(u64::MAX - far as u64));
        assert_eq!(Start::Anchor((), far).resolve(1, Some(u64::MAX)), Ok(u64::MAX));
        assert_eq!(Start::Anchor((), 0).resolve(1, None), Err(MethodError::AnchorNotFound));
    }
}
