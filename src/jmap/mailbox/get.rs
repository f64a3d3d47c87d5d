//! Mailbox/get (RFC 8621 §2.1).

use futures_util::future::try_join;
use serde_json::{Value, json};

use super::Mailboxes;
use crate::jmap::Context;
use crate::jmap::get::{Fetched, Get, GetRequest, Wanted, object_of, select};
use crate::store::mailbox::{self, Mailbox};
use crate::store::{DataType, change};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;
use crate::wire::ids::MailboxId;
use crate::wire::state::State;

/// The properties in the order of RFC 8621 §2.
const DEFINITION: &[&str] = &[
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
];

impl Get for Mailboxes {
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
    ) -> Result<Fetched<MailboxId>, MethodError> {
        let account = request.account;
        let viewer = context.principal.viewer(account);
        let (state, mailboxes) = self
            .store
            .snapshot("mailbox/get", async |transaction| {
                let state = change::state(transaction, account, DataType::Mailbox);
                try_join(state, mailbox::all_for(transaction, account, viewer)).await
            })
            .await?;
        let may_write =
            !context.principal.accounts.iter().any(|seen| seen.id == account && seen.is_read_only);
        let is_wanted = |id: &MailboxId| match request.ids {
            Wanted::Ids(ids) => ids.contains(id),
            Wanted::All { .. } => true,
        };
        let list = mailboxes.values().filter(|mailbox| is_wanted(&mailbox.id)).map(|mailbox| {
            (mailbox.id, object_of(request.properties, |name| property(mailbox, name, may_write)))
        });
        Ok(Fetched { state: State(state), list: list.collect() })
    }
}

/// All of a Mailbox but its id.
pub(super) fn object(mailbox: &Mailbox, may_write: bool) -> Arguments {
    object_of(DEFINITION, |name| property(mailbox, name, may_write))
}

fn property(mailbox: &Mailbox, name: &str, may_write: bool) -> Value {
    match name {
        "name" => json!(mailbox.settings.name),
        "parentId" => json!(mailbox.settings.parent),
        "role" => json!(mailbox.settings.role),
        "sortOrder" => json!(mailbox.settings.sort_order),
        "totalEmails" => json!(mailbox.total_emails),
        "unreadEmails" => json!(mailbox.unread_emails),
        "totalThreads" => json!(mailbox.total_threads),
        "unreadThreads" => json!(mailbox.unread_threads),
        "myRights" => rights(may_write),
        "isSubscribed" => json!(mailbox.settings.is_subscribed),
        _ => Value::Null,
    }
}

/// MailboxRights: a login may do all in an account or only read in it.
fn rights(may_write: bool) -> Value {
    json!({
        "mayReadItems": true,
        "mayAddItems": may_write,
        "mayRemoveItems": may_write,
        "maySetSeen": may_write,
        "maySetKeywords": may_write,
        "mayCreateChild": may_write,
        "mayRename": may_write,
        "mayDelete": may_write,
        "maySubmit": may_write,
    })
}
