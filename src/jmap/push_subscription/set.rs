//! PushSubscription/set (RFC 8620 §7.2.2).

use std::collections::HashMap;

use chrono::Duration;
use futures_util::future::{FutureExt, LocalBoxFuture, join_all};
use serde_json::{Value, json};

use super::properties::{device_client_id, expires, keys, types};
use crate::jmap::Context;
use crate::jmap::arguments::ArgumentReader;
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::set::{Operations, Records};
use crate::push::{Destinations, Refusal, Seen};
use crate::store::push::{self, NewSubscription};
use crate::store::{Store, StoreError, Transaction};
use crate::wire::date::utc_date;
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::PushSubscriptionId;
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// Subscriptions of a login at a time.
const MAX_SUBSCRIPTIONS: usize = 32;
/// Subscriptions that a login can make in an hour: each makes this server call an address of its choice.
const MAX_IN_AN_HOUR: i32 = 100;
/// Octets of a verification code before it is written in hexadecimal.
const CODE: usize = 16;

/// PushSubscription/set as a method.
pub(super) struct Set {
    store: Store,
    destinations: Destinations,
}

impl Set {
    pub(super) fn new(store: Store, destinations: Destinations) -> Self {
        Self { store, destinations }
    }

    async fn set(&self, context: &mut Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let operations = Operations::read(&mut arguments)?;
        arguments.finish()?;
        operations.check_number(context)?;
        if operations.create.len() > MAX_SUBSCRIPTIONS {
            let description = format!("at most {MAX_SUBSCRIPTIONS} subscriptions can be made at a time");
            return Err(MethodError::RequestTooLarge(description));
        }
        let refusals = self.refusals(&operations).await;
        let (login, created_ids) = (&context.principal.username, &context.created_ids);
        let outcome = self.store.transaction("PushSubscription/set", async |transaction| {
            let mut records = Subscriptions { transaction, login, refusals: &refusals };
            operations.apply(&mut records, created_ids.clone()).await
        });
        let outcome = outcome.await?;
        context.created_ids = outcome.created_ids().clone();
        Ok(Reply::from(outcome.objects()))
    }

    /// Those URLs to which no push may go. Names are resolved before the transaction begins: it should be short.
    async fn refusals(&self, operations: &Operations) -> HashMap<String, Refusal> {
        let urls = operations.create.iter().filter_map(|(_, object)| object.get("url")?.as_str());
        let checks = urls.map(async |url| Some((url.to_owned(), self.destinations.check(url).await.err()?)));
        join_all(checks).await.into_iter().flatten().collect()
    }
}

impl Handler for Set {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.set(context, arguments).boxed_local()
    }
}

/// The subscriptions of a login inside of a transaction.
struct Subscriptions<'a> {
    transaction: &'a Transaction<'a>,
    login: &'a str,
    refusals: &'a HashMap<String, Refusal>,
}

impl Subscriptions<'_> {
    /// Reads an object to create. What is missing is null.
    fn new_subscription(&self, object: &Arguments) -> Result<NewSubscription, SetError> {
        const KNOWN: [&str; 6] = ["deviceClientId", "url", "keys", "verificationCode", "expires", "types"];
        if let Some(unknown) = object.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(SetError::invalid_property(unknown, "it is no property that a client can set"));
        }
        let property = |name: &str| object.get(name).unwrap_or(&Value::Null);
        let url = property("url").as_str().ok_or_else(|| SetError::invalid_property("url", "missing"))?;
        if let Some(refusal) = self.refusals.get(url) {
            return Err(SetError::invalid_property("url", refusal));
        }
        if !property("verificationCode").is_null() {
            let problem = "it must be null until it was pushed to the URL";
            return Err(SetError::invalid_property("verificationCode", problem));
        }
        Ok(NewSubscription {
            device_client_id: device_client_id(property("deviceClientId"))?,
            url: url.to_owned(),
            keys: keys(property("keys"))?,
            verification_code: String::new(),
            expires_at: expires(property("expires"), self.transaction.now())?,
            types: types(property("types"))?,
            told: String::new(),
        })
    }

    /// Whether the login may make one more.
    async fn check_allowance(&self) -> Result<Result<(), SetError>, StoreError> {
        let an_hour_ago = self.transaction.now() - Duration::hours(1);
        // This also keeps other calls of the login from counting at the same time.
        if push::allow(self.transaction, self.login, an_hour_ago).await? > MAX_IN_AN_HOUR {
            let description = format!("a login can make {MAX_IN_AN_HOUR} subscriptions an hour");
            return Ok(Err(SetError::RateLimit(description)));
        }
        if push::count(self.transaction, self.login).await? >= MAX_SUBSCRIPTIONS as i64 {
            let description = format!("a login can have {MAX_SUBSCRIPTIONS} subscriptions");
            return Ok(Err(SetError::OverQuota(description)));
        }
        Ok(Ok(()))
    }
}

impl Records for Subscriptions<'_> {
    type Id = PushSubscriptionId;
    type Fault = StoreError;

    /// There is none, and no response tells it.
    async fn old_state(&mut self) -> Result<State, StoreError> {
        Ok(State(0))
    }

    async fn create(
        &mut self,
        object: Arguments,
        _: &CreatedIds,
    ) -> Result<Result<(PushSubscriptionId, Arguments), SetError>, StoreError> {
        let mut new = match self.new_subscription(&object) {
            Ok(new) => new,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = self.check_allowance().await? {
            return Ok(Err(error));
        }
        let Some(code) = random_code() else {
            return Ok(Err(SetError::RateLimit("there are no random numbers at present".to_owned())));
        };
        new.verification_code = code;
        new.told = Seen::all(&push::states(self.transaction, self.login).await?).to_string();
        let id = push::create(self.transaction, self.login, &new).await?;
        let expires = json!(utc_date(new.expires_at));
        let defaults = [("keys", Value::Null), ("verificationCode", Value::Null), ("types", Value::Null)];
        let mut told: Arguments = defaults
            .into_iter()
            .filter(|(name, _)| !object.contains_key(*name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if object.get("expires") != Some(&expires) {
            told.insert("expires".to_owned(), expires);
        }
        Ok(Ok((id, told)))
    }

    async fn update(
        &mut self,
        id: PushSubscriptionId,
        patch: &PatchObject,
        _: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let Some(code) = push::verification_code(self.transaction, self.login, id).await? else {
            return Ok(Err(SetError::NotFound));
        };
        let found = push::by_login(self.transaction, self.login, Some(&[id])).await?;
        let Some(mut subscription) = found.into_iter().next() else { return Ok(Err(SetError::NotFound)) };
        let mut is_verified = false;
        let mut told = Arguments::new();
        for change in patch.patches() {
            let [property] = change.path.as_slice() else {
                let description = format!("{:?} leads into a property", change.path.join("/"));
                return Ok(Err(SetError::InvalidPatch(description)));
            };
            let value = &change.value;
            let changed = match property.as_str() {
                "expires" => expires(value, self.transaction.now()).map(|at| {
                    subscription.expires_at = at;
                    let at = json!(utc_date(at));
                    if *value != at {
                        told.insert("expires".to_owned(), at);
                    }
                }),
                "types" => types(value).map(|types| subscription.types = types),
                "verificationCode" if value.as_str().is_some_and(|told| is_same(told, &code)) => {
                    is_verified = true;
                    Ok(())
                }
                "verificationCode" if *value == json!(subscription.verification_code) => Ok(()),
                "verificationCode" => {
                    let problem = "it is not the code that was pushed to the URL";
                    Err(SetError::invalid_property(property, problem))
                }
                "id" if *value == json!(id) => Ok(()),
                "deviceClientId" if *value == json!(subscription.device_client_id) => Ok(()),
                "id" | "deviceClientId" | "url" | "keys" => {
                    Err(SetError::invalid_property(property, "it is immutable"))
                }
                _ => Err(SetError::invalid_property(property, "there is no such property")),
            };
            if let Err(error) = changed {
                return Ok(Err(error));
            }
        }
        push::update(self.transaction, self.login, &subscription, is_verified).await?;
        Ok(Ok((!told.is_empty()).then_some(told)))
    }

    async fn destroy(&mut self, id: PushSubscriptionId) -> Result<Result<(), SetError>, StoreError> {
        let is_destroyed = push::destroy(self.transaction, self.login, id).await?;
        Ok(if is_destroyed { Ok(()) } else { Err(SetError::NotFound) })
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        Ok(State(0))
    }
}

/// A code that nobody guesses; `None` if the system has no random numbers.
fn random_code() -> Option<String> {
    let mut code = [0; CODE];
    openssl::rand::rand_bytes(&mut code).ok()?;
    Some(hex::encode(code))
}

/// Compares in a time that tells nothing.
fn is_same(told: &str, code: &str) -> bool {
    told.len() == code.len() && openssl::memcmp::eq(told.as_bytes(), code.as_bytes())
}
