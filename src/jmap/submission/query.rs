//! EmailSubmission/query and EmailSubmission/queryChanges (RFC 8621 §7.3 and §7.4).

use serde_json::Value;

use super::EmailSubmissions;
use crate::jmap::Context;
use crate::jmap::mail::{run_query, run_query_changes};
use crate::jmap::query::{Queried, Query, QueryRequest, window};
use crate::jmap::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use crate::query::submission::{SubmissionQuery, SubmissionQueryChanges, compile, compile_changes};
use crate::store::DataType;
use crate::wire::errors::MethodError;
use crate::wire::filter::Filter;
use crate::wire::ids::SubmissionId;
use crate::wire::submission_filter::{SubmissionCondition, SubmissionSort, parse_filter, parse_sort};

impl Query for EmailSubmissions {
    type Filter = Option<Filter<SubmissionCondition>>;
    type Sort = Vec<SubmissionSort>;
    type Extra = ();

    fn filter(&self, _: &Context, filter: Option<Value>) -> Result<Self::Filter, MethodError> {
        Ok(parse_filter(filter.as_ref())?)
    }

    fn sort(&self, _: &Context, sort: Option<Value>) -> Result<Self::Sort, MethodError> {
        Ok(parse_sort(sort.as_ref())?)
    }

    async fn query(
        &self,
        _: &Context,
        request: &QueryRequest<Self>,
    ) -> Result<Queried<SubmissionId>, MethodError> {
        let account = request.account;
        let statement = compile(&SubmissionQuery {
            account,
            filter: request.filter.as_ref(),
            sort: &request.sort,
            window: window(request.start, |SubmissionId(id)| id),
            limit: Some(request.limit),
            calculate_total: request.calculate_total,
        });
        run_query(self.store(), account, DataType::EmailSubmission, &statement, SubmissionId).await
    }
}

impl QueryChanges for EmailSubmissions {
    async fn query_changes(
        &self,
        _: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<SubmissionId>, MethodError> {
        let statement = compile_changes(&SubmissionQueryChanges {
            account: request.account,
            filter: request.filter.as_ref(),
            sort: &request.sort,
            since: request.since(DataType::EmailSubmission),
            calculate_total: request.calculate_total,
        });
        let logs = [DataType::EmailSubmission];
        run_query_changes(self.store(), request, &logs, &statement, SubmissionId).await
    }
}
