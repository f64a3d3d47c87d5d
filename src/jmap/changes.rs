//! Foo/changes (RFC 8620 §5.2).

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::access::{self, Access};
use super::arguments::{ArgumentReader, UnsignedInt};
use super::dispatch::{Handler, Reply};
use super::{Context, RecordType};
use crate::store::change;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::state::State;

/// How many ids a response tells at most, whatever the client would take.
pub const MAX_CHANGES: u64 = 10_000;

/// A data type whose changes are recorded.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait Changes: RecordType {
    /// What happened since a state: at most `max` ids, up to a state that was true. `None` if it is not known any
    /// more.
    async fn changes(
        &self,
        context: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<Self::Id>>, MethodError>;
}

/// What happened between two states.
#[derive(Debug)]
pub struct ChangeSet<Id> {
    /// The state that these changes lead to.
    pub new_state: State,
    /// Whether that is not yet the present state.
    pub has_more: bool,
    /// New records.
    pub created: Vec<Id>,
    /// Records that changed.
    pub updated: Vec<Id>,
    /// Records that are gone.
    pub destroyed: Vec<Id>,
    /// What the data type adds to the response (RFC 8621 §2.2, updatedProperties).
    pub extra: Arguments,
}

impl<Id> ChangeSet<Id> {
    /// What the change log says, with the numbers of objects as ids.
    pub fn of(changes: change::Changes, id: impl Fn(i64) -> Id) -> Self {
        let ids = |numbers: Vec<i64>| numbers.into_iter().map(&id).collect();
        Self {
            new_state: State(changes.new_state),
            has_more: changes.has_more,
            created: ids(changes.created),
            updated: ids(changes.updated),
            destroyed: ids(changes.destroyed),
            extra: Arguments::new(),
        }
    }
}

/// Foo/changes as a method.
pub(super) struct ChangesMethod<T>(pub(super) Arc<T>);

impl<T: Changes> Handler for ChangesMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        changes(&*self.0, context, arguments).boxed_local()
    }
}

async fn changes<T: Changes>(
    records: &T,
    context: &Context,
    arguments: Arguments,
) -> Result<Reply, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let account_id: String = arguments.required("accountId")?;
    let since_state: String = arguments.required("sinceState")?;
    let max_changes: Option<UnsignedInt> = arguments.optional("maxChanges")?;
    arguments.finish()?;
    let max = match max_changes {
        Some(UnsignedInt(0)) => return Err(MethodError::invalid_argument("maxChanges", "must be positive")),
        Some(UnsignedInt(max)) => max.min(MAX_CHANGES),
        None => MAX_CHANGES,
    };

    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Read)?.id;
    let since = State::parse(&since_state).ok_or(MethodError::CannotCalculateChanges)?;
    let changes = records
        .changes(context, account, since, max)
        .await?
        // A state from the future was never given out.
        .filter(|changes| changes.new_state >= since)
        .ok_or(MethodError::CannotCalculateChanges)?;

    let mut response = Arguments::new();
    response.insert("accountId".to_owned(), json!(account));
    response.insert("oldState".to_owned(), Value::String(since_state));
    response.insert("newState".to_owned(), json!(changes.new_state.to_string()));
    response.insert("hasMoreChanges".to_owned(), Value::Bool(changes.has_more));
    response.insert("created".to_owned(), texts(&changes.created));
    response.insert("updated".to_owned(), texts(&changes.updated));
    response.insert("destroyed".to_owned(), texts(&changes.destroyed));
    response.extend(changes.extra);
    Ok(Reply::from(response))
}

fn texts<Id: RecordId>(ids: &[Id]) -> Value {
    ids.iter().map(Id::to_string).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::jmap::fake::Server;

    #[tokio::test]
    async fn changes_are_told_with_all_their_properties() {
        let (_, response) =
            Server::new().call("Todo/changes", json!({"accountId": "a1", "sinceState": "4"})).await;
        assert_eq!(
            response.to_string(),
            json!({
                "accountId": "a1",
                "oldState": "4",
                "newState": "7",
                "hasMoreChanges": false,
                "created": ["d5", "d6"],
                "updated": [],
                "destroyed": ["d5"],
            })
            .to_string()
        );
        let (_, none) =
            Server::new().call("Todo/changes", json!({"accountId": "a1", "sinceState": "7"})).await;
        assert_eq!((&none["newState"], &none["created"]), (&json!("7"), &json!([])));
    }

    #[tokio::test]
    async fn no_more_than_max_changes_are_told_and_the_next_state_continues() {
        let server = Server::new();
        let (mut state, mut told, mut rounds) = ("0".to_owned(), Vec::new(), 0);
        loop {
            let arguments = json!({"accountId": "a1", "sinceState": state, "maxChanges": 2});
            let (_, response) = server.call("Todo/changes", arguments).await;
            let lists =
                ["created", "updated", "destroyed"].map(|list| response[list].as_array().unwrap().clone());
            let ids: Vec<Value> = lists.concat();
            assert!(ids.len() <= 2);
            told.extend(ids);
            state = response["newState"].as_str().unwrap().to_owned();
            rounds += 1;
            if response["hasMoreChanges"] == false {
                break;
            }
        }
        assert_eq!((state.as_str(), told.len(), rounds), ("7", 7, 4));
    }

    #[tokio::test]
    async fn states_that_were_never_given_out_cannot_be_calculated_from() {
        let server = Server::new();
        for state in ["", "x", "-1", "8", "07"] {
            let arguments = json!({"accountId": "a1", "sinceState": state});
            assert_eq!(server.error("Todo/changes", arguments).await, "cannotCalculateChanges", "{state}");
        }
    }

    #[tokio::test]
    async fn max_changes_is_positive_and_since_state_is_there() {
        let server = Server::new();
        for wrong in [
            json!({"accountId": "a1", "sinceState": "1", "maxChanges": 0}),
            json!({"accountId": "a1", "sinceState": "1", "maxChanges": -1}),
            json!({"accountId": "a1", "sinceState": "1", "maxChanges": "1"}),
            json!({"accountId": "a1"}),
            json!({"accountId": "a1", "sinceState": 1}),
        ] {
            assert_eq!(server.error("Todo/changes", wrong.clone()).await, "invalidArguments", "{wrong}");
        }
    }
}
