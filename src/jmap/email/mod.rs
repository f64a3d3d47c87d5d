//! Email (RFC 8621 §4), with what RFC 9219 adds to it.

mod body;
mod compose;
mod copy;
mod deliveries;
mod get;
pub mod import;
mod membership;
pub mod parse;
mod problems;
mod properties;
mod query;
mod records;
mod render;
mod set;

use super::changes::{ChangeSet, Changes};
use super::mail::changes_since;
use super::{Context, RecordType};
use crate::store::DataType;
use crate::trust::Trust;
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, EmailId};
use crate::wire::state::State;

/// The emails of all accounts.
pub struct Emails {
    trust: Trust,
}

impl Emails {
    /// Emails whose verdicts `trust` keeps fresh.
    pub fn new(trust: Trust) -> Self {
        Self { trust }
    }
}

impl RecordType for Emails {
    type Id = EmailId;
    const NAME: &'static str = "Email";
    const CAPABILITY: Capability = Capability::Mail;
}

impl Changes for Emails {
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<EmailId>>, MethodError> {
        let changes = changes_since(self.trust.store(), account, DataType::Email, since, max).await?;
        Ok(changes.map(|changes| ChangeSet::of(changes, EmailId)))
    }
}
