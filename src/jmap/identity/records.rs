//! The identities of one account inside of the transaction of an Identity/set (RFC 8621 §6.3).

use std::collections::BTreeMap;

use serde_json::json;

use super::{get::object, settings};
use crate::jmap::set::Records;
use crate::store::address::{self, Address};
use crate::store::identity::{self, Identity};
use crate::store::{AccountWriter, DataType, StoreError, change};
use crate::wire::envelope::Arguments;
use crate::wire::errors::SetError;
use crate::wire::ids::IdentityId;
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// Identities of an account at most.
const MAX_IDENTITIES: i64 = 500;

pub(super) struct IdentityRecords<'w, 't> {
    writer: &'w mut AccountWriter<'t>,
    identities: BTreeMap<IdentityId, Identity>,
}

impl<'w, 't> IdentityRecords<'w, 't> {
    /// Reads what the call is about: these identities, as far as they are there.
    pub(super) async fn new(
        writer: &'w mut AccountWriter<'t>,
        ids: &[IdentityId],
    ) -> Result<Self, StoreError> {
        let read = identity::read(writer.transaction(), writer.account(), ids).await?;
        let identities = read.into_iter().map(|identity| (identity.id, identity)).collect();
        Ok(Self { writer, identities })
    }

    /// Whether the account may send from the address: mail for it comes here. Of a whole domain, if mail for all of it
    /// does.
    async fn may_send_from(&self, email: &str) -> Result<bool, StoreError> {
        let (transaction, account) = (self.writer.transaction(), self.writer.account());
        let Some(domain) = email.strip_prefix('*').filter(|rest| rest.starts_with('@')) else {
            return Ok(identity::own_addresses(transaction, account, &[email]).await?.contains(&true));
        };
        let Some(domain) = Address::parse(domain) else { return Ok(false) };
        Ok(address::of_account(transaction, account).await?.contains(&domain))
    }
}

impl Records for IdentityRecords<'_, '_> {
    type Id = IdentityId;
    type Fault = StoreError;

    async fn old_state(&mut self) -> Result<State, StoreError> {
        change::state(self.writer.transaction(), self.writer.account(), DataType::Identity).await.map(State)
    }

    async fn create(
        &mut self,
        given: Arguments,
        _: &CreatedIds,
    ) -> Result<Result<(IdentityId, Arguments), SetError>, StoreError> {
        let checked = settings::refuse_server_set(&given, None)
            .and_then(|()| Ok((settings::email(&given)?, settings::parse(&given)?)));
        let (email, settings) = match checked {
            Ok(checked) => checked,
            Err(error) => return Ok(Err(error)),
        };
        if !self.may_send_from(&email).await? {
            return Ok(Err(SetError::ForbiddenFrom(format!("{email} is no address of this account"))));
        }
        if identity::count(self.writer.transaction(), self.writer.account()).await? >= MAX_IDENTITIES {
            let limit = format!("an account has {MAX_IDENTITIES} identities at most");
            return Ok(Err(SetError::OverQuota(limit)));
        }
        let id = identity::create(self.writer, &email, &settings).await?;
        let identity = Identity { id, email, settings, may_delete: true };
        let mut told = object(&identity);
        told.retain(|name, value| given.get(name) != Some(value));
        self.identities.insert(id, identity);
        Ok(Ok((id, told)))
    }

    async fn update(
        &mut self,
        id: IdentityId,
        patch: &PatchObject,
        _: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let Some(identity) = self.identities.get(&id) else { return Ok(Err(SetError::NotFound)) };
        let mut before = object(identity);
        before.insert("id".to_owned(), json!(id));
        let settings = patch.apply(&before, settings::default_of).and_then(|after| {
            settings::refuse_server_set(&after, Some(&before))?;
            settings::parse(&after)
        });
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        if settings == identity.settings {
            return Ok(Ok(None));
        }
        identity::update(self.writer, id, &settings).await?;
        if let Some(identity) = self.identities.get_mut(&id) {
            identity.settings = settings;
        }
        Ok(Ok(None))
    }

    async fn destroy(&mut self, id: IdentityId) -> Result<Result<(), SetError>, StoreError> {
        match self.identities.get(&id) {
            None => return Ok(Err(SetError::NotFound)),
            Some(identity) if !identity.may_delete => {
                let reason = "the server keeps this Identity for an address of the account".to_owned();
                return Ok(Err(SetError::Forbidden(reason)));
            }
            Some(_) => {}
        }
        identity::destroy(self.writer, id).await?;
        self.identities.remove(&id);
        Ok(Ok(()))
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        self.writer.new_state(DataType::Identity).await.map(State)
    }
}
