//! Quota/query and Quota/queryChanges (RFC 9425 §4.4 and §4.5).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Quotas, TYPE, id, name, resource_type};
use crate::jmap::Context;
use crate::jmap::query::{Queried, Query, QueryRequest, Start};
use crate::jmap::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use crate::store::quota::Quota;
use crate::store::{DataType, change};
use crate::wire::errors::MethodError;
use crate::wire::filter::{Collation, Filter, Operator};
use crate::wire::ids::QuotaId;
use crate::wire::quota_filter::{QuotaCondition, QuotaSort, QuotaSortProperty, parse_filter, parse_sort};

impl Query for Quotas {
    type Filter = Option<Filter<QuotaCondition>>;
    type Sort = Vec<QuotaSort>;
    type Extra = ();

    fn filter(&self, _: &Context, filter: Option<Value>) -> Result<Self::Filter, MethodError> {
        Ok(parse_filter(filter.as_ref())?)
    }

    fn sort(&self, _: &Context, sort: Option<Value>) -> Result<Self::Sort, MethodError> {
        Ok(parse_sort(sort.as_ref())?)
    }

    async fn query(
        &self,
        context: &Context,
        request: &QueryRequest<Self>,
    ) -> Result<Queried<QuotaId>, MethodError> {
        let (query_state, quotas) = self.visible(context, request.account).await?;
        let results = results(quotas, request.filter.as_ref(), &request.sort);
        let anchor = match request.start {
            Start::Position(_) => None,
            Start::Anchor(anchor, _) => results.iter().position(|id| *id == anchor).map(|index| index as u64),
        };
        let total = results.len() as u64;
        let position = request.start.resolve(total, anchor)?;
        let window = results.into_iter().skip(saturating(position)).take(saturating(request.limit));
        Ok(Queried {
            query_state,
            can_calculate_changes: true,
            position,
            ids: window.collect(),
            total: Some(total),
        })
    }
}

impl QueryChanges for Quotas {
    async fn query_changes(
        &self,
        context: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<QuotaId>, MethodError> {
        // The log is read up to the state that belongs to the results, and what comes after is for the next call.
        let (new_query_state, quotas) = self.visible(context, request.account).await?;
        let (account, since) = (request.account, request.since);
        let changes = self
            .store
            .snapshot("quota/query_changes", async |transaction| {
                change::since(transaction, account, DataType::Quota, since.0, None).await
            })
            .await?
            .filter(|_| since <= new_query_state)
            .ok_or(MethodError::CannotCalculateChanges)?;
        let numbers = |ids: &[i64]| ids.iter().copied().map(QuotaId).collect::<BTreeSet<_>>();
        let removed = &numbers(&changes.updated) | &numbers(&changes.destroyed);
        let touched = &removed | &numbers(&changes.created);
        let results = results(quotas, request.filter.as_ref(), &request.sort);
        let total = results.len() as u64;
        let added: Vec<(QuotaId, u64)> =
            results.into_iter().zip(0..).filter(|(id, _)| touched.contains(id)).collect();
        request.refuse_more((removed.len() + added.len()) as u64)?;
        Ok(QueryChanged {
            new_query_state,
            removed: removed.into_iter().collect(),
            added,
            total: Some(total),
        })
    }
}

/// What matches, in order.
fn results(
    mut quotas: Vec<Quota>,
    filter: Option<&Filter<QuotaCondition>>,
    sort: &[QuotaSort],
) -> Vec<QuotaId> {
    quotas.retain(|quota| filter.is_none_or(|filter| matches(quota, filter)));
    quotas.sort_by(|one, other| {
        let by_sort = sort.iter().map(|comparator| compare(one, other, comparator));
        by_sort.fold(Ordering::Equal, Ordering::then).then(one.resource.cmp(&other.resource))
    });
    quotas.iter().map(id).collect()
}

fn matches(quota: &Quota, filter: &Filter<QuotaCondition>) -> bool {
    match filter {
        Filter::Operator(Operator::And, filters) => filters.iter().all(|filter| matches(quota, filter)),
        Filter::Operator(Operator::Or, filters) => filters.iter().any(|filter| matches(quota, filter)),
        Filter::Operator(Operator::Not, filters) => !filters.iter().any(|filter| matches(quota, filter)),
        Filter::Condition(conditions) => conditions.iter().all(|condition| match condition {
            QuotaCondition::Name(part) => name(quota).contains(part.as_str()),
            QuotaCondition::Scope(scope) => scope == "account",
            QuotaCondition::ResourceType(resource) => resource == resource_type(quota),
            QuotaCondition::Type(wanted) => wanted == TYPE,
        }),
    }
}

/// The names begin with letters and are in lower case, so that they compare alike under all collations but the numeric
/// one, under which they are all the same.
fn compare(one: &Quota, other: &Quota, sort: &QuotaSort) -> Ordering {
    let order = match sort.property {
        QuotaSortProperty::Name if sort.collation == Collation::AsciiNumeric => Ordering::Equal,
        QuotaSortProperty::Name => name(one).cmp(name(other)),
        QuotaSortProperty::Used => one.used.cmp(&other.used),
    };
    if sort.is_ascending { order } else { order.reverse() }
}

fn saturating(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
