//! Identity/get (RFC 8621 §6.1).

use serde_json::{Value, json};

use super::Identities;
use crate::jmap::Context;
use crate::jmap::get::{Fetched, Get, GetRequest, Wanted, object_of, select};
use crate::store::identity::{self, Identity};
use crate::store::{DataType, change};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::IdentityId;
use crate::wire::state::State;

/// The properties in the order of RFC 8621 §6.
const DEFINITION: &[&str] =
    &["name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete"];

impl Get for Identities {
    type Properties = Vec<&'static str>;
    type Extra = ();

    fn properties(
        &self,
        _: &Context,
        requested: Option<Vec<String>>,
        (): &(),
    ) -> Result<Self::Properties, MethodError> {
        select(DEFINITION, requested)
    }

    async fn fetch(
        &self,
        _: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<IdentityId>, MethodError> {
        let account = request.account;
        self.make_missing(account).await?;
        let fetched = self.store.snapshot("identity/get", async |transaction| {
            let identities = match request.ids {
                Wanted::Ids(ids) => identity::read(transaction, account, ids).await?,
                Wanted::All { limit } => identity::all(transaction, account, limit as i64 + 1).await?,
            };
            let list = identities.iter().map(|identity| {
                (identity.id, object_of(request.properties, |name| property(identity, name)))
            });
            let state = State(change::state(transaction, account, DataType::Identity).await?);
            Ok(Fetched { state, list: list.collect() })
        });
        Ok(fetched.await?)
    }
}

/// All of an Identity but its id.
pub(super) fn object(identity: &Identity) -> Arguments {
    object_of(DEFINITION, |name| property(identity, name))
}

fn property(identity: &Identity, name: &str) -> Value {
    let settings = &identity.settings;
    match name {
        "name" => json!(settings.name),
        "email" => json!(identity.email),
        "replyTo" => json!(settings.reply_to),
        "bcc" => json!(settings.bcc),
        "textSignature" => json!(settings.text_signature),
        "htmlSignature" => json!(settings.html_signature),
        "mayDelete" => json!(identity.may_delete),
        _ => Value::Null,
    }
}
