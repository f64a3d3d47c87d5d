//! Thread (RFC 8621 §3).

use futures_util::future::try_join;
use serde_json::Value;

use super::changes::{ChangeSet, Changes};
use super::get::{Fetched, Get, GetRequest, Wanted, select};
use super::mail::changes_since;
use super::{Context, RecordType};
use crate::store::{DataType, Store, change, thread};
use crate::wire::capability::Capability;
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::{AccountId, ThreadId};
use crate::wire::state::State;

/// The threads of all accounts.
pub struct Threads {
    store: Store,
}

impl Threads {
    /// Threads that are read from this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl RecordType for Threads {
    type Id = ThreadId;
    const NAME: &'static str = "Thread";
    const CAPABILITY: Capability = Capability::Mail;
}

impl Get for Threads {
    type Properties = Vec<&'static str>;
    type Extra = ();

    fn properties(
        &self,
        _: &Context,
        requested: Option<Vec<String>>,
        (): &(),
    ) -> Result<Self::Properties, MethodError> {
        select(&["emailIds"], requested)
    }

    async fn fetch(
        &self,
        _: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<ThreadId>, MethodError> {
        let account = request.account;
        let fetched = self.store.snapshot("thread/get", async |transaction| {
            let ids = match request.ids {
                Wanted::Ids(ids) => ids.to_vec(),
                Wanted::All { limit } => thread::ids(transaction, account, limit as i64 + 1).await?,
            };
            let threads = thread::emails(transaction, account, &ids);
            let state = change::state(transaction, account, DataType::Thread);
            let (threads, state) = try_join(threads, state).await?;
            let list = threads.into_iter().map(|(id, emails)| {
                let mut properties = Arguments::new();
                if !request.properties.is_empty() {
                    let emails: Value = emails.iter().map(ToString::to_string).collect();
                    properties.insert("emailIds".to_owned(), emails);
                }
                (id, properties)
            });
            Ok(Fetched { state: State(state), list: list.collect() })
        });
        Ok(fetched.await?)
    }
}

impl Changes for Threads {
    async fn changes(
        &self,
        _: &Context,
        account: AccountId,
        since: State,
        max: u64,
    ) -> Result<Option<ChangeSet<ThreadId>>, MethodError> {
        let changes = changes_since(&self.store, account, DataType::Thread, since, max).await?;
        Ok(changes.map(|changes| ChangeSet::of(changes, ThreadId)))
    }
}
