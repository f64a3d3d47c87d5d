//! Email/query and Email/queryChanges (RFC 8621 §4.4 and §4.5, RFC 9219 §4.2).

use serde_json::Value;

use super::Emails;
use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, FromArguments};
use crate::jmap::mail::{run_query, run_query_changes};
use crate::jmap::query::{Queried, Query, QueryRequest, window};
use crate::jmap::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use crate::query::email::{EmailQuery, EmailQueryChanges, compile, compile_changes};
use crate::store::DataType;
use crate::wire::capability::Capability;
use crate::wire::email_filter::{EmailCondition, EmailSort, parse_filter, parse_sort};
use crate::wire::errors::MethodError;
use crate::wire::filter::Filter;
use crate::wire::ids::EmailId;

/// The argument that Email/query adds (RFC 8621 §4.4).
#[derive(Clone, Copy, Debug)]
pub struct CollapseThreads(bool);

impl FromArguments for CollapseThreads {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        Ok(Self(arguments.or_default("collapseThreads", false)?))
    }
}

impl Query for Emails {
    type Filter = Option<Filter<EmailCondition>>;
    type Sort = Vec<EmailSort>;
    type Extra = CollapseThreads;

    fn filter(&self, context: &Context, filter: Option<Value>) -> Result<Self::Filter, MethodError> {
        Ok(parse_filter(filter.as_ref(), context.uses(Capability::SmimeVerify))?)
    }

    fn sort(&self, _: &Context, sort: Option<Value>) -> Result<Self::Sort, MethodError> {
        Ok(parse_sort(sort.as_ref())?)
    }

    async fn query(
        &self,
        _: &Context,
        request: &QueryRequest<Self>,
    ) -> Result<Queried<EmailId>, MethodError> {
        let account = request.account;
        if request.filter.as_ref().is_some_and(needs_fresh_verdicts) {
            self.trust.refresh_account(account).await?;
        }
        let statement = compile(&EmailQuery {
            account,
            filter: request.filter.as_ref(),
            sort: &request.sort,
            window: window(request.start, |EmailId(id)| id),
            limit: Some(request.limit),
            collapse_threads: request.extra.0,
            calculate_total: request.calculate_total,
        });
        run_query(self.trust.store(), account, DataType::Email, &statement, EmailId).await
    }
}

impl QueryChanges for Emails {
    async fn query_changes(
        &self,
        _: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<EmailId>, MethodError> {
        if request.filter.as_ref().is_some_and(needs_fresh_verdicts) {
            self.trust.refresh_account(request.account).await?;
        }
        let statement = compile_changes(&EmailQueryChanges {
            account: request.account,
            filter: request.filter.as_ref(),
            sort: &request.sort,
            collapse_threads: request.extra.0,
            since: request.since(DataType::Email),
            thread_data_type: DataType::Thread.number(),
            up_to: request.up_to.map(|EmailId(id)| id),
            calculate_total: request.calculate_total,
        });
        let logs = [DataType::Email, DataType::Thread];
        run_query_changes(self.trust.store(), request, &logs, &statement, EmailId).await
    }
}

/// Whether any condition rests on verdicts (RFC 9219 §4.2). Whether a message is S/MIME at all is a fact.
fn needs_fresh_verdicts(filter: &Filter<EmailCondition>) -> bool {
    use EmailCondition as Is;
    filter.any(|condition| matches!(condition, Is::HasVerifiedSmime(_) | Is::HasVerifiedSmimeAtDelivery(_)))
}
