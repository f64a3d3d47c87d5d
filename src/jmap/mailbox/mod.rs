//! Mailbox (RFC 8621 §2).

mod get;
mod query;
mod records;
mod rehearsal;
mod set;
mod settings;

use serde_json::{Value, json};

use super::changes::{ChangeSet, Changes};
use super::mail::changes_since;
use super::{Context, RecordType};
use crate::store::{DataType, Store};
use crate::wire::capability::Capability;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, MailboxId};
use crate::wire::state::State;

/// The mailboxes of all accounts.
pub struct Mailboxes {
    store: Store,
}

impl Mailboxes {
    /// Mailboxes that are kept in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl RecordType for Mailboxes {
    type Id = MailboxId;
    const NAME: &'static str = "Mailbox";
    const CAPABILITY: Capability = Capability::Mail;
}

/// The properties that are counted, not set.
const COUNTERS: [&str; 4] = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];

impl Changes for Mailboxes {
    /// With `updatedProperties` (RFC 8621 §2.2): the counters, when nothing else changed.
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<MailboxId>>, MethodError> {
        let Some(changes) = changes_since(&self.store, account, DataType::Mailbox, since, max).await? else {
            return Ok(None);
        };
        let updated_properties = if changes.only_counters { json!(COUNTERS) } else { Value::Null };
        let mut set = ChangeSet::of(changes, MailboxId);
        set.extra.insert("updatedProperties".to_owned(), updated_properties);
        Ok(Some(set))
    }
}
