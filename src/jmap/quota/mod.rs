//! Quota (RFC 9425): how much mail an account holds, and how much it may hold.
//!
//! An account has a Quota for each resource that is limited, so at most two, computed from the account's row. They are
//! therefore filtered and sorted here and not by the database.

mod query;

use serde_json::{Value, json};

use super::changes::{ChangeSet, Changes};
use super::get::{Fetched, Get, GetRequest, Wanted, object_of, select};
use super::mail::changes_since;
use super::{Context, RecordType};
use crate::store::quota::{self, Quota, Resource};
use crate::store::{DataType, Store, StoreError};
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, QuotaId};
use crate::wire::state::State;

/// The properties in the order of RFC 9425 §4.1.
const DEFINITION: &[&str] =
    &["resourceType", "used", "hardLimit", "scope", "name", "types", "warnLimit", "softLimit", "description"];

/// The data type that the limits are for.
const TYPE: &str = "Email";

/// The quotas of all accounts.
pub struct Quotas {
    store: Store,
}

impl Quotas {
    /// Quotas of the accounts in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The Quotas that the request may see, and their state. Those that are for types of no capability in use are not
    /// shown (RFC 9425 §4.1, types).
    async fn visible(
        &self,
        context: &Context,
        account: AccountId,
    ) -> Result<(State, Vec<Quota>), StoreError> {
        quota::settle(&self.store, account).await?;
        let (state, mut quotas) = self
            .store
            .snapshot("quota/all", async |transaction| quota::all(transaction, account).await)
            .await?;
        if !Capability::Mail.serves(&context.using) {
            quotas.clear();
        }
        Ok((State(state), quotas))
    }
}

impl RecordType for Quotas {
    type Id = QuotaId;
    const NAME: &'static str = "Quota";
    const CAPABILITY: Capability = Capability::Quota;
}

impl Get for Quotas {
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
        context: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<QuotaId>, MethodError> {
        let (state, quotas) = self.visible(context, request.account).await?;
        let is_wanted = |quota: &&Quota| match request.ids {
            Wanted::Ids(ids) => ids.contains(&id(quota)),
            Wanted::All { .. } => true,
        };
        let list = quotas
            .iter()
            .filter(is_wanted)
            .map(|quota| (id(quota), object_of(request.properties, |name| property(quota, name))));
        Ok(Fetched { state, list: list.collect() })
    }
}

impl Changes for Quotas {
    /// With `updatedProperties` (RFC 9425 §4.3): `used`, when nothing else changed.
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<QuotaId>>, MethodError> {
        quota::settle(&self.store, account).await?;
        let Some(changes) = changes_since(&self.store, account, DataType::Quota, since, max).await? else {
            return Ok(None);
        };
        let updated_properties = if changes.only_counters { json!(["used"]) } else { Value::Null };
        let mut set = ChangeSet::of(changes, QuotaId);
        set.extra.insert("updatedProperties".to_owned(), updated_properties);
        Ok(Some(set))
    }
}

fn id(quota: &Quota) -> QuotaId {
    QuotaId(quota.resource.number())
}

fn name(quota: &Quota) -> &'static str {
    match quota.resource {
        Resource::Octets => "octets of mail",
        Resource::Emails => "number of messages",
    }
}

fn resource_type(quota: &Quota) -> &'static str {
    match quota.resource {
        Resource::Octets => "octets",
        Resource::Emails => "count",
    }
}

fn property(quota: &Quota, property: &str) -> Value {
    match property {
        "resourceType" => json!(resource_type(quota)),
        // Mail that was there before the limit may go beyond it; nothing is less than nothing.
        "used" => json!(quota.used.max(0)),
        "hardLimit" => json!(quota.limit),
        "scope" => json!("account"),
        "name" => json!(name(quota)),
        "types" => json!([TYPE]),
        "warnLimit" => json!(warn_limit(quota.limit)),
        _ => Value::Null,
    }
}

/// Nine tenths of the limit, where that is less than the limit.
fn warn_limit(limit: i64) -> Option<i64> {
    (limit >= 10).then(|| limit - limit / 10)
}
