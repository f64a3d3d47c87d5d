//! Mailbox/query and Mailbox/queryChanges (RFC 8621 §2.3 and §2.4).

use serde_json::Value;

use super::Mailboxes;
use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, FromArguments};
use crate::jmap::mail::{run_query, run_query_changes};
use crate::jmap::query::{Queried, Query, QueryRequest, window};
use crate::jmap::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use crate::query::mailbox::{MailboxQuery, MailboxQueryChanges, compile, compile_changes};
use crate::store::DataType;
use crate::wire::errors::MethodError;
use crate::wire::filter::Filter;
use crate::wire::ids::MailboxId;
use crate::wire::mailbox_filter::{MailboxCondition, MailboxSort, parse_filter, parse_sort};

/// The arguments that Mailbox/query adds (RFC 8621 §2.3). Mailbox/queryChanges takes them too: without them it could
/// not know the list.
#[derive(Clone, Copy, Debug)]
pub struct AsTree {
    sort: bool,
    filter: bool,
}

impl FromArguments for AsTree {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        let sort = arguments.or_default("sortAsTree", false)?;
        Ok(Self { sort, filter: arguments.or_default("filterAsTree", false)? })
    }
}

impl Query for Mailboxes {
    type Filter = Option<Filter<MailboxCondition>>;
    type Sort = Vec<MailboxSort>;
    type Extra = AsTree;

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
    ) -> Result<Queried<MailboxId>, MethodError> {
        let account = request.account;
        let statement = compile(&MailboxQuery {
            account,
            viewer: context.principal.viewer(account),
            filter: request.filter.as_ref(),
            sort: &request.sort,
            sort_as_tree: request.extra.sort,
            filter_as_tree: request.extra.filter,
            window: window(request.start, |MailboxId(id)| id),
            limit: Some(request.limit),
            calculate_total: request.calculate_total,
        });
        run_query(&self.store, account, DataType::Mailbox, &statement, MailboxId).await
    }
}

impl QueryChanges for Mailboxes {
    async fn query_changes(
        &self,
        context: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<MailboxId>, MethodError> {
        let statement = compile_changes(&MailboxQueryChanges {
            account: request.account,
            viewer: context.principal.viewer(request.account),
            filter: request.filter.as_ref(),
            sort: &request.sort,
            sort_as_tree: request.extra.sort,
            filter_as_tree: request.extra.filter,
            since: request.since(DataType::Mailbox),
            calculate_total: request.calculate_total,
        });
        run_query_changes(&self.store, request, &[DataType::Mailbox], &statement, MailboxId).await
    }
}
