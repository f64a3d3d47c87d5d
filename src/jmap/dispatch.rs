//! The engine: takes a request apart, calls its methods one after the other, and puts the response together
//! (RFC 8620 §3).

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};

use super::{Context, RecordType, changes, core, get, query, set};
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

    /// Adds Foo/query.
    pub fn add_query<T: query::Query>(&mut self, records: &Arc<T>) {
        self.add(method_name::<T>("query"), T::CAPABILITY, query::QueryMethod(Arc::clone(records)));
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
            .filter(|method| context.uses(method.capability))
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
