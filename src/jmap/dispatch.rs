//! The engine: takes a request apart, calls its methods one after the other, and puts the response together
//! (RFC 8620 §3).

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};

use super::{Context, RecordType, changes, copy, core, get, query, query_changes, set};
use crate::wire::capability::Capability;
use crate::wire::envelope::{Arguments, Invocation, Request, Response};
use crate::wire::errors::{Limit, MethodError, RequestError};
use crate::wire::references::ResultReferences;

/// A method. It is shared by all requests.
pub trait Handler: Send + Sync {
    /// Processes one call, its result references already resolved.
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>>;
}

/// What a method that succeeded has to say.
#[derive(Debug, PartialEq)]
pub struct Reply {
    /// The arguments of its response.
    pub arguments: Arguments,
    /// Calls to other methods that it makes itself, under its own call id (RFC 8620 §3.2): the implicit /set of a
    /// /copy (RFC 8620 §5.4), for instance.
    pub then: Vec<(&'static str, Arguments)>,
}

impl From<Arguments> for Reply {
    fn from(arguments: Arguments) -> Self {
        Self { arguments, then: Vec::new() }
    }
}

/// All methods by their names.
pub struct Engine {
    methods: HashMap<String, Method>,
}

struct Method {
    capability: Capability,
    handler: Box<dyn Handler>,
}

impl Engine {
    /// An engine with Core/echo alone.
    pub fn new() -> Self {
        let mut engine = Self { methods: HashMap::new() };
        engine.add("Core/echo".to_owned(), Capability::Core, core::Echo);
        engine
    }

    /// Adds a method, to be seen by requests that use the capability.
    pub fn add(&mut self, name: String, capability: Capability, handler: impl Handler + 'static) {
        self.methods.insert(name, Method { capability, handler: Box::new(handler) });
    }

    /// Adds Foo/get.
    pub fn add_get<T: get::Get>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("get"), T::CAPABILITY, get::GetMethod(Arc::clone(records)));
    }

    /// Adds Foo/changes.
    pub fn add_changes<T: changes::Changes>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("changes"), T::CAPABILITY, changes::ChangesMethod(Arc::clone(records)));
    }

    /// Adds Foo/set.
    pub fn add_set<T: set::Set>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("set"), T::CAPABILITY, set::SetMethod(Arc::clone(records)));
    }

    /// Adds Foo/copy.
    pub fn add_copy<T: copy::CopyRecords>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("copy"), T::CAPABILITY, copy::CopyMethod(Arc::clone(records)));
    }

    /// Adds Foo/query.
    pub fn add_query<T: query::Query>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("query"), T::CAPABILITY, query::QueryMethod(Arc::clone(records)));
    }

    /// Adds Foo/queryChanges.
    pub fn add_query_changes<T: query_changes::QueryChanges>(&mut self, records: &Arc<T>) {
        let handler = query_changes::QueryChangesMethod(Arc::clone(records));
        self.add(method_name::<T>("queryChanges"), T::CAPABILITY, handler);
    }

    /// Whether there is a method of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.methods.contains_key(name)
    }

    /// Processes a request. `context` is the request's own; what it says of `using` and of created ids is replaced
    /// by what the request says. A call that fails does not keep the next ones from being processed.
    pub async fn process(&self, mut context: Context, request: Request) -> Result<Response, RequestError> {
        if request.method_calls.len() as u64 > context.limits.max_calls_in_request {
            return Err(RequestError::Limit(Limit::MaxCallsInRequest));
        }
        let tells_created_ids = request.created_ids.is_some();
        context.using = request.using;
        context.created_ids = request.created_ids.unwrap_or_default();
        let mut references = ResultReferences::with_budget(context.limits.max_size_request as usize);
        let mut responses = Vec::new();
        for call in request.method_calls {
            let arguments = references.resolve(call.arguments, &responses);
            self.process_call(&mut context, &call.name, arguments, &call.call_id, &mut responses).await;
        }
        Ok(Response {
            method_responses: responses,
            created_ids: tells_created_ids.then_some(context.created_ids),
            session_state: context.session_state,
        })
    }

    /// Calls one method, and after it those that it calls itself; each adds its response.
    async fn process_call(
        &self,
        context: &mut Context,
        name: &str,
        arguments: Result<Arguments, MethodError>,
        call_id: &str,
        responses: &mut Vec<Invocation>,
    ) {
        let mut calls = vec![(name.to_owned(), arguments)];
        while let Some((name, arguments)) = calls.pop() {
            let (name, arguments) = match self.call(context, &name, arguments).await {
                Ok(reply) => {
                    calls
                        .extend(reply.then.into_iter().rev().map(|(name, then)| (name.to_owned(), Ok(then))));
                    (name, reply.arguments)
                }
                Err(error) => ("error".to_owned(), error.to_arguments()),
            };
            responses.push(Invocation { name, arguments, call_id: call_id.to_owned() });
        }
    }

    async fn call(
        &self,
        context: &mut Context,
        name: &str,
        arguments: Result<Arguments, MethodError>,
    ) -> Result<Reply, MethodError> {
        let method = self
            .methods
            .get(name)
            .filter(|method| method.capability.serves(&context.using))
            .ok_or(MethodError::UnknownMethod)?;
        let arguments = arguments?;
        if context.is_overdue() {
            return Err(MethodError::ServerUnavailable("the time for this request is over".to_owned()));
        }
        // A panic is a fault of ours: it must not take the calls beside it along.
        match AssertUnwindSafe(method.handler.call(context, arguments)).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(_) => {
                tracing::error!(method = name, "a method panicked");
                Err(MethodError::ServerFail("an unexpected error".to_owned()))
            }
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

fn method_name<T: RecordType>(verb: &str) -> String {
    format!("{}/{verb}", T::NAME)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jmap::fake::{self, Server};

    const CORE: &str = "urn:ietf:params:jmap:core";

    #[tokio::test]
    async fn calls_are_answered_in_their_order_and_a_failure_hurts_no_other() {
        let responses = Server::new()
            .calls(json!([
                ["Core/echo", {"hello": true, "high": 5}, "b3ff"],
                ["Todo/get", {"accountId": "a1", "ids": [], "panic": true}, "1"],
                ["Todo/nothing", {}, "2"],
                ["Todo/get", {}, "2"],
                ["Core/echo", {"null": null}, "b3ff"],
            ]))
            .await;
        assert_eq!(responses[0], json!(["Core/echo", {"hello": true, "high": 5}, "b3ff"]));
        assert_eq!((&responses[1][0], &responses[1][1]["type"]), (&json!("error"), &json!("serverFail")));
        assert_eq!(responses[2], json!(["error", {"type": "unknownMethod"}, "2"]));
        assert_eq!(responses[3][1]["type"], "invalidArguments");
        assert_eq!(responses[4], json!(["Core/echo", {"null": null}, "b3ff"]));
    }

    #[tokio::test]
    async fn methods_of_capabilities_that_are_not_in_use_are_unknown() {
        let server = Server::new();
        let first = async |using: Value, method: &str| {
            let request = json!({"using": using, "methodCalls": [[method, {"accountId": "a1"}, "0"]]});
            server.process(request).await.unwrap().method_responses[0].arguments.get("type").cloned()
        };
        assert_eq!(first(json!([CORE]), "Todo/get").await, Some(json!("unknownMethod")));
        assert_eq!(first(json!([]), "Core/echo").await, Some(json!("unknownMethod")));
        assert_eq!(first(json!([CORE]), "Core/echo").await, None);
    }

    #[tokio::test]
    async fn results_of_earlier_calls_can_be_referred_to() {
        let reference = |path: &str| json!({"resultOf": "0", "name": "Todo/query", "path": path});
        let responses = Server::new()
            .calls(json!([
                ["Todo/query", {"accountId": "a1", "limit": 2}, "0"],
                ["Todo/get", {"accountId": "a1", "#ids": reference("/ids"), "properties": []}, "1"],
                ["Todo/get", {"accountId": "a1", "#ids": reference("/nothing")}, "2"],
                ["Todo/get", {"accountId": "a1", "ids": [], "#ids": reference("/ids")}, "3"],
            ]))
            .await;
        assert_eq!(responses[1][1]["list"], json!([{"id": "d1"}, {"id": "d2"}]));
        assert_eq!(responses[2][1]["type"], "invalidResultReference");
        assert_eq!(responses[3][1]["type"], "invalidArguments");
    }

    #[tokio::test]
    async fn too_many_calls_refuse_the_request() {
        let calls = vec![json!(["Core/echo", {}, "0"]); 17];
        let refused = Server::new().process(json!({"using": [CORE], "methodCalls": calls})).await;
        assert_eq!(refused, Err(RequestError::Limit(Limit::MaxCallsInRequest)));
    }

    #[tokio::test]
    async fn created_ids_are_told_only_to_those_who_gave_some() {
        let server = Server::new();
        let response = server.process(json!({"using": [CORE], "methodCalls": []})).await.unwrap();
        assert_eq!((response.created_ids, response.session_state.as_str()), (None, "session"));
        let request = json!({"using": [CORE], "methodCalls": [], "createdIds": {}});
        assert!(server.process(request).await.unwrap().created_ids.is_some());
    }

    struct Twice;

    impl Handler for Twice {
        fn call<'a>(
            &'a self,
            _: &'a mut Context,
            arguments: Arguments,
        ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
            let then = vec![("Core/echo", arguments.clone()), ("Nothing/get", Arguments::new())];
            async { Ok(Reply { arguments, then }) }.boxed_local()
        }
    }

    #[tokio::test]
    async fn implicit_calls_answer_under_the_call_id_of_their_cause_before_the_next_call() {
        let mut engine = Engine::new();
        engine.add("Foo/copy".to_owned(), Capability::Core, Twice);
        let request = json!({
            "using": [CORE],
            "methodCalls": [["Foo/copy", {"a": 1}, "0"], ["Core/echo", {}, "1"]],
        });
        let request = Request::parse(request.to_string().as_bytes()).unwrap();
        let response = engine.process(fake::context(), request).await.unwrap();
        let told: Vec<_> =
            response.method_responses.iter().map(|r| (r.name.as_str(), r.call_id.as_str())).collect();
        assert_eq!(told, [("Foo/copy", "0"), ("Core/echo", "0"), ("error", "0"), ("Core/echo", "1")]);
    }

    #[tokio::test]
    async fn after_the_deadline_no_call_is_started() {
        let context = Context { deadline: Some(tokio::time::Instant::now()), ..fake::context() };
        let request = json!({"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]]});
        let request = Request::parse(request.to_string().as_bytes()).unwrap();
        let response = Engine::new().process(context, request).await.unwrap();
        assert_eq!(response.method_responses[0].arguments["type"], "serverUnavailable");
    }
}
