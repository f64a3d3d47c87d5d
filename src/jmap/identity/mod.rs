//! Identity (RFC 8621 §6).
//!
//! Each address of an account has an Identity that the server makes, and that nobody can destroy. It is made when
//! somebody first looks, so that an address that an operator adds is there at once.

mod get;
mod records;
mod settings;

use super::changes::{ChangeSet, Changes};
use super::mail::changes_since;
use super::set::{Set, SetOutcome, SetRequest};
use super::{Context, RecordType};
use crate::store::{DataType, Store, StoreError, identity};
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, IdentityId};
use crate::wire::state::State;
use records::IdentityRecords;

/// The identities of all accounts.
pub struct Identities {
    store: Store,
}

impl Identities {
    /// Identities that are kept in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes the identities of addresses that have none yet; mostly there is nothing to do but look.
    async fn make_missing(&self, account: AccountId) -> Result<(), StoreError> {
        let missing = self
            .store
            .snapshot("identity/missing", async |transaction| identity::missing(transaction, account).await);
        if missing.await?.is_empty() {
            return Ok(());
        }
        self.store.write("identity/make_missing", account, identity::make_missing).await
    }
}

impl RecordType for Identities {
    type Id = IdentityId;
    const NAME: &'static str = "Identity";
    const CAPABILITY: Capability = Capability::Submission;
}

impl Changes for Identities {
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<IdentityId>>, MethodError> {
        self.make_missing(account).await?;
        let changes = changes_since(&self.store, account, DataType::Identity, since, max).await?;
        Ok(changes.map(|changes| ChangeSet::of(changes, IdentityId)))
    }
}

impl Set for Identities {
    type Extra = ();

    async fn set(
        &self,
        _: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<IdentityId>, MethodError> {
        self.make_missing(request.account).await?;
        let ids = request.existing_ids();
        self.store
            .write("identity/set", request.account, async |writer| {
                let mut records = IdentityRecords::new(writer, &ids).await?;
                request.apply(&mut records).await
            })
            .await?
    }
}
