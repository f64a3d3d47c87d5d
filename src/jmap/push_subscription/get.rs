//! PushSubscription/get (RFC 8620 §7.2.1).

use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use crate::jmap::Context;
use crate::jmap::arguments::{ArgumentReader, IdText};
use crate::jmap::dispatch::{Handler, Reply};
use crate::jmap::get::{Asked, listed, select};
use crate::store::Store;
use crate::store::push::{self, Subscription};
use crate::wire::date::utc_date;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::PushSubscriptionId;

/// What can be read, in the order of RFC 8620 §7.2.
const PROPERTIES: &[&str] = &["deviceClientId", "verificationCode", "expires", "types"];
/// What a client tells and nobody is ever told: it may be private to a device.
const SECRETS: [&str; 2] = ["url", "keys"];

/// PushSubscription/get as a method.
pub(super) struct Get {
    store: Store,
}

impl Get {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    async fn get(&self, context: &Context, arguments: Arguments) -> Result<Reply, MethodError> {
        let mut arguments = ArgumentReader::new(arguments);
        let ids: Option<Vec<IdText>> = arguments.optional("ids")?;
        let properties: Option<Vec<String>> = arguments.optional("properties")?;
        arguments.finish()?;
        let mut names = properties.iter().flatten();
        if let Some(secret) = names.find(|name| SECRETS.contains(&name.as_str())) {
            return Err(MethodError::Forbidden(format!("`{secret}` is never told")));
        }
        let properties = select(PROPERTIES, properties)?;
        let asked = Asked::<PushSubscriptionId>::read(context, ids)?;

        let login = &context.principal.username;
        let ids = asked.as_ref().map(|asked| asked.records.as_slice());
        let found = self.store.snapshot("PushSubscription/get", async |transaction| {
            push::by_login(transaction, login, ids).await
        });
        let found = found.await?.into_iter().map(|subscription| {
            let values = properties.iter().map(|name| ((*name).to_owned(), value(&subscription, name)));
            (subscription.id, values.collect())
        });
        Ok(Reply::from(listed(asked, found.collect())))
    }
}

fn value(subscription: &Subscription, property: &str) -> Value {
    match property {
        "deviceClientId" => json!(subscription.device_client_id),
        "verificationCode" => json!(subscription.verification_code),
        "expires" => json!(utc_date(subscription.expires_at)),
        "types" => json!(subscription.types),
        _ => Value::Null,
    }
}

impl Handler for Get {
    fn call<'a>(
        &'a self,
        context: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        self.get(context, arguments).boxed_local()
    }
}
