//! Setting up accounts: a login, an account of its own, and the mailboxes that clients expect.

use crate::store::mailbox::{self, MailboxSettings};
use crate::store::{Store, StoreError, account, login};
use crate::wire::ids::AccountId;

/// Names and roles (RFC 8621 §2) of the mailboxes of a new account, in their sort order.
const STANDARD_MAILBOXES: [(&str, &str); 6] = [
    ("Inbox", "inbox"),
    ("Drafts", "drafts"),
    ("Sent", "sent"),
    ("Archive", "archive"),
    ("Junk", "junk"),
    ("Trash", "trash"),
];

/// Creates a login and an account of the same name with the standard mailboxes. `None` if there is a login or an
/// account of that name.
pub async fn create_account(
    store: &Store,
    name: &str,
    password_hash: &str,
) -> Result<Option<AccountId>, StoreError> {
    let name = name.to_lowercase();
    let at = store.clock().now();
    if login::by_name(store, &name).await?.is_some() {
        return Ok(None);
    }
    let created = store
        .transaction("provision/account", async |transaction| {
            let Some(account) = account::create(transaction, &name, at).await? else { return Ok(None) };
            if !login::create(transaction, &name, password_hash, at).await? {
                // Somebody made the login a moment ago: an error takes the account back.
                let statement = "login/create";
                return Err(StoreError::UnexpectedRows { statement, expected: 1, affected: 0 });
            }
            login::grant(transaction, &name, account, true, false).await?;
            Ok(Some(account))
        })
        .await?;
    if let Some(account) = created {
        create_mailboxes(store, account).await?;
    }
    Ok(created)
}

async fn create_mailboxes(store: &Store, account: AccountId) -> Result<(), StoreError> {
    store
        .write("provision/mailboxes", account, async |writer| {
            for (position, (name, role)) in STANDARD_MAILBOXES.into_iter().enumerate() {
                let settings = MailboxSettings {
                    name: name.to_owned(),
                    parent: None,
                    role: Some(role.to_owned()),
                    sort_order: (position as i64 + 1) * 10,
                    is_subscribed: true,
                };
                mailbox::create(writer, &settings).await?;
            }
            Ok(())
        })
        .await
}
