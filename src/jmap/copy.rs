//! Foo/copy (RFC 8620 §5.4).

use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use super::access::{self, Access};
use super::arguments::ArgumentReader;
use super::dispatch::{Handler, Reply};
use super::set::map_or_null;
use super::{Context, RecordType};
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::{AccountId, RecordId, is_id};
use crate::wire::state::State;

/// A data type whose records can be copied from one account to another.
#[expect(async_fn_in_trait, reason = "handlers run where they started, on one thread of the HTTP server")]
pub trait CopyRecords: RecordType {
    /// The name of Foo/set, which destroys originals.
    const SET: &'static str;

    /// Copies what the request asks for. Each record is an atomic unit.
    async fn copy(
        &self,
        context: &Context,
        request: CopyRequest<Self::Id>,
    ) -> Result<CopyOutcome<Self::Id>, MethodError>;
}

/// What a /copy is asked to do. The user may read in the one account and write in the other, which are not the same.
#[derive(Debug)]
pub struct CopyRequest<Id> {
    /// The account to copy from.
    pub from_account: AccountId,
    /// The state that it must be in.
    pub if_from_in_state: Option<String>,
    /// The account to copy to.
    pub account: AccountId,
    /// The state that it must be in.
    pub if_in_state: Option<String>,
    /// The records to copy.
    pub create: Vec<Original<Id>>,
}

/// A record that is to be copied.
#[derive(Debug)]
pub struct Original<Id> {
    /// The creation id of the copy.
    pub creation_id: String,
    /// Which record.
    pub id: Id,
    /// Properties that the copy has instead of the original's; `id` is not among them.
    pub properties: Arguments,
}

/// What a /copy did.
#[derive(Debug)]
pub struct CopyOutcome<Id> {
    /// The state before, of the account that was copied to.
    pub old_state: State,
    /// The state after.
    pub new_state: State,
    /// The copies by creation id, with what the server set beside the id.
    pub created: Vec<(String, Id, Arguments)>,
    /// Why others were not copied.
    pub not_created: Vec<(String, SetError)>,
}

/// Foo/copy as a method.
pub(super) struct CopyMethod<T>(pub(super) Arc<T>);

impl<T: CopyRecords> Handler for CopyMethod<T> {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        copy(&*self.0, context, arguments).boxed_local()
    }
}

/// What is done when the copies are there.
struct Afterwards {
    destroy_original: bool,
    destroy_from_if_in_state: Option<String>,
}

async fn copy<T: CopyRecords>(
    records: &T,
    context: &mut Context,
    arguments: Arguments,
) -> Result<Reply, MethodError> {
    let (request, refused, afterwards) = read::<T>(context, arguments)?;
    let (from_account, account) = (request.from_account, request.account);
    let originals: Vec<(String, T::Id)> =
        request.create.iter().map(|original| (original.creation_id.clone(), original.id)).collect();
    let mut outcome = records.copy(context, request).await?;
    outcome.not_created.extend(refused);
    for (creation_id, id, _) in &outcome.created {
        context.created_ids.insert(creation_id.clone(), id.to_string());
    }
    let is_copied = |name: &str| outcome.created.iter().any(|(creation_id, _, _)| creation_id == name);
    let copied: Vec<T::Id> =
        originals.into_iter().filter(|(name, _)| is_copied(name)).map(|(_, id)| id).collect();
    let then = destroy_originals::<T>(from_account, copied, afterwards);
    Ok(Reply { arguments: response(from_account, account, outcome), then })
}

type Read<Id> = (CopyRequest<Id>, Vec<(String, SetError)>, Afterwards);

/// Reads and checks the arguments, the rights in both accounts, and the number of objects. Objects that name no
/// record are refused one by one.
fn read<T: CopyRecords>(context: &Context, arguments: Arguments) -> Result<Read<T::Id>, MethodError> {
    let mut arguments = ArgumentReader::new(arguments);
    let from_account_id: String = arguments.required("fromAccountId")?;
    let if_from_in_state = arguments.optional("ifFromInState")?;
    let account_id: String = arguments.required("accountId")?;
    let if_in_state = arguments.optional("ifInState")?;
    let create: Arguments = arguments.required("create")?;
    let destroy_original = arguments.or_default("onSuccessDestroyOriginal", false)?;
    let destroy_from_if_in_state = arguments.optional("destroyFromIfInState")?;
    arguments.finish()?;
    if from_account_id == account_id {
        return Err(MethodError::invalid_argument("fromAccountId", "must be another account than accountId"));
    }
    let from_account = access::from_account(&context.principal, &from_account_id, T::CAPABILITY)?.id;
    let account = access::account(&context.principal, &account_id, T::CAPABILITY, Access::Write)?.id;
    let limit = context.limits.max_objects_in_set;
    if create.len() as u64 > limit {
        return Err(MethodError::RequestTooLarge(format!("maxObjectsInSet is {limit}")));
    }
    let (mut originals, mut refused) = (Vec::new(), Vec::new());
    for (creation_id, object) in create {
        if !is_id(&creation_id) {
            return Err(MethodError::invalid_argument("create", format_args!("{creation_id:?} is no Id")));
        }
        match original(context, object) {
            Ok((id, properties)) => originals.push(Original { creation_id, id, properties }),
            Err(error) => refused.push((creation_id, error)),
        }
    }
    let request = CopyRequest { from_account, if_from_in_state, account, if_in_state, create: originals };
    Ok((request, refused, Afterwards { destroy_original, destroy_from_if_in_state }))
}

/// The record that an object names, and the other properties of the object.
fn original<Id: RecordId>(context: &Context, object: Value) -> Result<(Id, Arguments), SetError> {
    let Value::Object(mut properties) = object else {
        return Err(SetError::invalid_property("id", "must be in an object"));
    };
    match properties.shift_remove("id") {
        Some(Value::String(text)) => {
            let id = context.created_ids.resolve(&text).and_then(Id::parse);
            id.map(|id| (id, properties)).ok_or(SetError::NotFound)
        }
        _ => Err(SetError::invalid_property("id", "must be the Id of the record to copy")),
    }
}

/// The one call of Foo/set that destroys the originals of what was copied.
fn destroy_originals<T: CopyRecords>(
    account: AccountId,
    mut copied: Vec<T::Id>,
    afterwards: Afterwards,
) -> Vec<(&'static str, Arguments)> {
    if !afterwards.destroy_original || copied.is_empty() {
        return Vec::new();
    }
    copied.sort();
    copied.dedup();
    let mut arguments = Arguments::new();
    arguments.insert("accountId".to_owned(), json!(account));
    if let Some(state) = afterwards.destroy_from_if_in_state {
        arguments.insert("ifInState".to_owned(), Value::String(state));
    }
    arguments.insert("destroy".to_owned(), copied.iter().map(|id| id.to_string()).collect());
    vec![(T::SET, arguments)]
}

fn response<Id: RecordId>(
    from_account: AccountId,
    account: AccountId,
    outcome: CopyOutcome<Id>,
) -> Arguments {
    let created = outcome.created.into_iter().map(|(creation_id, id, properties)| {
        let mut object = Arguments::new();
        object.insert("id".to_owned(), Value::from(id.to_string()));
        object.extend(properties);
        (creation_id, Value::Object(object))
    });
    let not_created = outcome.not_created.into_iter().map(|(name, error)| (name, error.to_value()));
    let mut response = Arguments::new();
    response.insert("fromAccountId".to_owned(), json!(from_account));
    response.insert("accountId".to_owned(), json!(account));
    response.insert("oldState".to_owned(), json!(outcome.old_state.to_string()));
    response.insert("newState".to_owned(), json!(outcome.new_state.to_string()));
    response.insert("created".to_owned(), map_or_null(created));
    response.insert("notCreated".to_owned(), map_or_null(not_created));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jmap::fake::Server;

    fn copying(create: Value) -> Value {
        json!({"fromAccountId": "a2", "accountId": "a1", "create": create})
    }

    #[tokio::test]
    async fn what_is_not_said_is_as_in_the_original() {
        let server = Server::new();
        let create = json!({"k1": {"id": "d1", "title": "another"}, "k2": {"id": "d9"}, "k3": {"id": "nonsense"}, "k4": {}});
        let responses = server
            .calls(json!([
                ["Todo/copy", copying(create), "0"],
                ["Todo/get", {"accountId": "a1", "ids": ["#k1"], "properties": ["title", "keywords"]}, "1"],
            ]))
            .await;
        assert_eq!(
            responses[0].to_string(),
            json!(["Todo/copy", {
                "fromAccountId": "a2",
                "accountId": "a1",
                "oldState": "7",
                "newState": "8",
                "created": {"k1": {"id": "d7"}},
                "notCreated": {
                    "k2": {"type": "notFound"},
                    "k3": {"type": "notFound"},
                    "k4": {
                        "type": "invalidProperties",
                        "description": "`id`: must be the Id of the record to copy",
                        "properties": ["id"],
                    },
                },
            }, "0"])
            .to_string()
        );
        assert_eq!(responses[1][1]["list"], json!([{"id": "d7", "title": "another", "keywords": {}}]));
    }

    #[tokio::test]
    async fn originals_of_what_was_copied_are_destroyed_under_the_same_call_id() {
        let server = Server::new();
        let mut arguments = copying(json!({"k1": {"id": "d1"}, "k2": {"id": "d9"}, "k3": {"id": "d1"}}));
        arguments["fromAccountId"] = json!("a5");
        arguments["onSuccessDestroyOriginal"] = json!(true);
        arguments["destroyFromIfInState"] = json!("9");
        let responses = server.calls(json!([["Todo/copy", arguments, "0"], ["Core/echo", {}, "1"]])).await;
        assert_eq!(responses[0][1]["newState"], "9", "{responses}");
        assert_eq!((&responses[1][0], &responses[1][2]), (&json!("Todo/set"), &json!("0")));
        assert_eq!(responses[1][1]["accountId"], "a5");
        assert_eq!(responses[1][1]["destroyed"], json!(["d1"]), "each once");
        assert_eq!(responses[2][0], "Core/echo");

        arguments["destroyFromIfInState"] = json!("9");
        arguments["create"] = json!({"k1": {"id": "d2"}});
        let responses = server.calls(json!([["Todo/copy", arguments, "0"]])).await;
        assert_eq!(responses[1], json!(["error", {"type": "stateMismatch"}, "0"]));
        arguments["create"] = json!({"k1": {"id": "d99"}});
        let responses = server.calls(json!([["Todo/copy", arguments, "0"]])).await;
        assert_eq!(responses.as_array().unwrap().len(), 1, "nothing was copied, so nothing is destroyed");
    }

    #[tokio::test]
    async fn accounts_and_states_are_checked() {
        let server = Server::new();
        let error = async |name: &str, value: Value| {
            let mut arguments = copying(json!({"k1": {"id": "d1"}}));
            arguments[name] = value;
            server.error("Todo/copy", arguments).await
        };
        assert_eq!(error("fromAccountId", json!("a1")).await, "invalidArguments");
        assert_eq!(error("fromAccountId", json!("a9")).await, "fromAccountNotFound");
        assert_eq!(error("fromAccountId", json!("a3")).await, "fromAccountNotSupportedByMethod");
        assert_eq!(error("fromAccountId", json!(null)).await, "invalidArguments");
        assert_eq!(error("accountId", json!("a9")).await, "accountNotFound");
        assert_eq!(error("accountId", json!("a3")).await, "accountNotSupportedByMethod");
        assert_eq!(error("accountId", json!(null)).await, "invalidArguments");
        assert_eq!(error("ifFromInState", json!("6")).await, "stateMismatch");
        assert_eq!(error("ifInState", json!("6")).await, "stateMismatch");
        assert_eq!(error("create", json!(null)).await, "invalidArguments");
        assert_eq!(error("create", json!({"no id": {"id": "d1"}})).await, "invalidArguments");
        assert_eq!(error("strange", json!(1)).await, "invalidArguments");
        let nine: Arguments = (0..9).map(|number| (format!("k{number}"), json!({"id": "d1"}))).collect();
        assert_eq!(error("create", Value::Object(nine)).await, "requestTooLarge");
        let backwards = json!({"fromAccountId": "a1", "accountId": "a2", "create": {}});
        assert_eq!(server.error("Todo/copy", backwards).await, "accountReadOnly");
    }
}
