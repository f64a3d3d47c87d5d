//! Setting up accounts: a login, an account of its own, and the mailboxes that clients expect.

use crate::store::address::{self, Address};
use crate::store::mailbox::{self, MailboxSettings};
use crate::store::{AccountWriter, Store, StoreError, Transaction, account, login};
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

/// Creates a login and an account of the same name with the standard mailboxes, all of it or nothing. `None` if
/// there is a login or an account of that name.
pub async fn create_account(
    store: &Store,
    name: &str,
    password_hash: &str,
) -> Result<Option<AccountId>, StoreError> {
    let name = name.to_lowercase();
    if login::by_name(store, &name).await?.is_some() {
        return Ok(None);
    }
    store
        .transaction("provision/account", async |transaction| {
            let Some(account) = make_account(transaction, &name).await? else { return Ok(None) };
            // If somebody made the login a moment ago, the error takes the account back.
            make_owner(transaction, &name, password_hash, account).await?;
            Ok(Some(account))
        })
        .await
}

/// Makes an account with the standard mailboxes, which nobody can use yet; `None` if there is one of that name. A name
/// that is an address becomes the account's address.
pub async fn make_account(
    transaction: &Transaction<'_>,
    name: &str,
) -> Result<Option<AccountId>, StoreError> {
    let Some(account) = account::create(transaction, name, transaction.now()).await? else {
        return Ok(None);
    };
    if let Some(address) = Address::parse(name).filter(|address| !address.as_str().starts_with('@')) {
        address::add(transaction, &address, account).await?;
    }
    transaction.write(account, make_mailboxes).await?;
    Ok(Some(account))
}

/// Makes a login to which the account belongs.
///
/// # Errors
/// [`StoreError::UnexpectedRows`] if there is a login of that name, or no such account.
pub async fn make_owner(
    transaction: &Transaction<'_>,
    name: &str,
    password_hash: &str,
    account: AccountId,
) -> Result<(), StoreError> {
    let done = |is_done: bool, statement| match is_done {
        true => Ok(()),
        false => Err(StoreError::UnexpectedRows { statement, expected: 1, affected: 0 }),
    };
    done(login::create(transaction, name, password_hash, transaction.now()).await?, "login/create")?;
    done(login::grant(transaction, name, account, true, false).await?, "login/grant")
}

async fn make_mailboxes(writer: &mut AccountWriter<'_>) -> Result<(), StoreError> {
    for (position, (name, role)) in (1..).zip(STANDARD_MAILBOXES) {
        let settings = MailboxSettings {
            name: name.to_owned(),
            parent: None,
            role: Some(role.to_owned()),
            sort_order: position * 10,
            is_subscribed: true,
        };
        mailbox::create(writer, &settings).await?;
    }
    Ok(())
}
