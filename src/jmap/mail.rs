//! What the data types of mail (RFC 8621, with the quotas of RFC 9425) work with, and their methods as one list.

use std::sync::Arc;

use futures_util::future::try_join;

use super::email::{Emails, import::Import, parse::Parse};
use super::identity::Identities;
use super::mailbox::Mailboxes;
use super::mdn;
use super::query::Queried;
use super::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use super::quota::Quotas;
use super::search_snippet::{self, SearchSnippets};
use super::submission::EmailSubmissions;
use super::thread::Threads;
use super::vacation::VacationResponses;
use super::{Engine, Services};
use crate::query::Statement;
use crate::store::change::{self, Changes};
use crate::store::{DataType, matches};
use crate::store::{Store, StoreError};
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::AccountId;
use crate::wire::state::State;

/// Adds the methods of RFC 8621 to an engine.
pub fn add_methods(engine: &mut Engine, services: &Services) {
    let trust = &services.trust;
    let mailboxes = Arc::new(Mailboxes::new(trust.store().clone()));
    engine.add_get(&mailboxes);
    engine.add_changes(&mailboxes);
    engine.add_query(&mailboxes);
    engine.add_query_changes(&mailboxes);
    engine.add_set(&mailboxes);
    let threads = Arc::new(Threads::new(trust.store().clone()));
    engine.add_get(&threads);
    engine.add_changes(&threads);
    let quotas = Arc::new(Quotas::new(trust.store().clone()));
    engine.add_get(&quotas);
    engine.add_changes(&quotas);
    engine.add_query(&quotas);
    engine.add_query_changes(&quotas);
    let emails = Arc::new(Emails::new(trust.clone()));
    engine.add_get(&emails);
    engine.add_changes(&emails);
    engine.add_query(&emails);
    engine.add_query_changes(&emails);
    engine.add_set(&emails);
    let snippets = SearchSnippets::new(trust.store().clone());
    engine.add(search_snippet::NAME.to_owned(), Capability::Mail, snippets);
    engine.add_copy(&emails);
    engine.add("Email/parse".to_owned(), Capability::Mail, Parse::new(trust.clone()));
    engine.add("Email/import".to_owned(), Capability::Mail, Import::new(trust.clone()));
    engine.add("MDN/parse".to_owned(), Capability::Mdn, mdn::parse::Parse::new(trust.store().clone()));
    engine.add("MDN/send".to_owned(), Capability::Mdn, mdn::send::Send::new(services.submitter.clone()));
    let identities = Arc::new(Identities::new(trust.store().clone()));
    engine.add_get(&identities);
    engine.add_changes(&identities);
    engine.add_set(&identities);
    let submissions = Arc::new(EmailSubmissions::new(services.submitter.clone()));
    engine.add_get(&submissions);
    engine.add_changes(&submissions);
    engine.add_query(&submissions);
    engine.add_query_changes(&submissions);
    engine.add_set(&submissions);
    let vacations = Arc::new(VacationResponses::new(trust.store().clone()));
    engine.add_get(&vacations);
    engine.add_set(&vacations);
}

/// The change log of a data type since a state (RFC 8620 §5.2).
pub(super) async fn changes_since(
    store: &Store,
    account: AccountId,
    data_type: DataType,
    since: State,
    max: u64,
) -> Result<Option<Changes>, StoreError> {
    store
        .snapshot("change/since", async |transaction| {
            change::since(transaction, account, data_type, since.0, Some(max)).await
        })
        .await
}

/// Runs a compiled query of a data type that has Foo/queryChanges, and reads the state that its results belong to in the same snapshot (RFC 8620 §5.5).
pub(super) async fn run_query<Id>(
    store: &Store,
    account: AccountId,
    data_type: DataType,
    statement: &Statement,
    id: impl Fn(i64) -> Id,
) -> Result<Queried<Id>, MethodError> {
    let (found, state) = store
        .snapshot("query", async |transaction| {
            let found = matches::run(transaction, statement);
            try_join(found, change::state(transaction, account, data_type)).await
        })
        .await?;
    let found = found.ok_or(MethodError::AnchorNotFound)?;
    Ok(Queried {
        query_state: State(state),
        can_calculate_changes: true,
        position: found.position,
        ids: found.ids.into_iter().map(id).collect(),
        total: found.total,
    })
}

/// Runs a statement that was compiled for the changes of a query, together with the look whether all of them are known
/// (RFC 8620 §5.6). The state is that of the first of `logs`; what happened since must be known of all of them.
pub(super) async fn run_query_changes<T: QueryChanges>(
    store: &Store,
    request: &QueryChangesRequest<T>,
    logs: &[DataType],
    statement: &Statement,
    id: impl Fn(i64) -> T::Id,
) -> Result<QueryChanged<T::Id>, MethodError> {
    let State(since) = request.since;
    let found = store
        .snapshot("query_changes", async |transaction| {
            let mut states = Vec::with_capacity(logs.len());
            for log in logs {
                states.push(change::state_and_oldest(transaction, request.account, *log).await?);
            }
            let newest = states.first().map_or(0, |(newest, _)| *newest);
            if since > newest || states.iter().any(|(_, oldest)| since < *oldest) {
                return Ok(None);
            }
            let changes = matches::run_changes(transaction, statement).await?;
            Ok(changes.map(|changes| (State(newest), changes)))
        })
        .await?;
    let (new_query_state, changes) = found.ok_or(MethodError::CannotCalculateChanges)?;
    request.refuse_more(changes.changes)?;
    Ok(QueryChanged {
        new_query_state,
        removed: changes.removed.into_iter().map(&id).collect(),
        added: changes.added.into_iter().map(|(number, index)| (id(number), index)).collect(),
        total: changes.total,
    })
}
