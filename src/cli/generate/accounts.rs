//! The accounts that are filled: whose they are, and the mailboxes that their mail is in.

use std::collections::HashMap;

use openssl::sha::sha256;
use tokio_postgres::{Error, Transaction};

use super::people::Person;
use crate::wire::ids::{AccountId, MailboxId};

/// An account, locked until the end of the transaction.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: AccountId,
    /// What everything in the account follows from.
    pub(super) seed: u64,
    pub(super) owner: Person,
    /// How many messages it gets.
    pub(super) messages: usize,
    /// The ids of [`MAILBOXES`], in their order.
    pub(super) mailboxes: Vec<MailboxId>,
    /// The next id that is free.
    pub(super) next_id: i64,
}

/// A mailbox: its name, the role that it has or the place of the one above it.
struct Folder {
    name: &'static str,
    role: Option<&'static str>,
    parent: Option<usize>,
}

/// Places in [`MAILBOXES`].
pub(super) const INBOX: usize = 0;
pub(super) const DRAFTS: usize = 1;
pub(super) const SENT: usize = 2;
pub(super) const ARCHIVE: usize = 3;
pub(super) const JUNK: usize = 4;
pub(super) const TRASH: usize = 5;
/// The first one without a role; those that follow hold less and less.
pub(super) const FIRST_FOLDER: usize = 6;

/// The names of the mailboxes with roles are those of a new account (`crate::provision`).
const MAILBOXES: [Folder; 30] = [
    with_role("Inbox", "inbox"),
    with_role("Drafts", "drafts"),
    with_role("Sent", "sent"),
    with_role("Archive", "archive"),
    with_role("Junk", "junk"),
    with_role("Trash", "trash"),
    top("Projects"),
    below("Lighthouse", 6),
    below("Bridge", 6),
    top("Customers"),
    below("North", 9),
    below("South", 9),
    top("Invoices"),
    top("Newsletters"),
    top("Family"),
    below("Reisen", 14),
    below("Fotos", 14),
    top("Lists"),
    below("Compilers", 17),
    below("Databases", 17),
    below("Сети", 17),
    top("Rechnungen"),
    below("Offen", 21),
    below("Bezahlt", 21),
    top("Verträge"),
    top("会議"),
    below("東京", 25),
    top("Notifications"),
    below("Builds", 27),
    below("Alerts", 27),
];

/// How many mailboxes the mail of an account is in.
pub(super) const COUNT: usize = MAILBOXES.len();

impl Account {
    /// Locks an account, makes the mailboxes that it lacks, and prepares it for so many messages more. `None` if there
    /// is no such account.
    pub(super) async fn lock(
        transaction: &Transaction<'_>,
        id: AccountId,
        messages: usize,
        seed: u64,
    ) -> Result<Option<Self>, Error> {
        let row = transaction.query_opt(include_str!("../../../sql/generated/account.sql"), &[&id.0]).await?;
        let Some(row) = row else { return Ok(None) };
        let (name, mut next_id): (String, i64) = (row.get("name"), row.get("next_id"));
        // Another filling of the same account brings other mail.
        let digest = sha256(format!("{seed} {next_id} {name}").as_bytes());
        let seed = digest.iter().take(8).fold(0, |seed, octet| seed << 8 | u64::from(*octet));
        let address = if name.contains('@') { name } else { format!("{name}@generated.example") };
        let mailboxes = mailboxes(transaction, id, &mut next_id).await?;
        let owner = Person::with_address(&address, seed, 0);
        Ok(Some(Self { id, seed, owner, messages, mailboxes, next_id }))
    }
}

/// The mailboxes with these roles and names, made where the account has none.
async fn mailboxes(
    transaction: &Transaction<'_>,
    account: AccountId,
    next_id: &mut i64,
) -> Result<Vec<MailboxId>, Error> {
    let rows = transaction.query(include_str!("../../../sql/mailbox/all.sql"), &[&account.0]).await?;
    let mut by_role: HashMap<String, i64> = HashMap::new();
    let mut by_name: HashMap<(Option<i64>, String), i64> = HashMap::new();
    for row in rows {
        let id: i64 = row.get("id");
        if let Some(role) = row.get("role") {
            by_role.insert(role, id);
        }
        by_name.insert((row.get("parent_id"), row.get("name")), id);
    }
    let mut ids: Vec<i64> = Vec::with_capacity(COUNT);
    for (place, folder) in MAILBOXES.iter().enumerate() {
        let parent = folder.parent.map(|parent| ids[parent]);
        let known = match folder.role {
            Some(role) => by_role.get(role),
            None => None,
        };
        let known = known.or_else(|| by_name.get(&(parent, folder.name.to_owned()))).copied();
        let id = match known {
            Some(id) => id,
            None => {
                let (id, sort_order) = (*next_id, 10 * (place as i64 + 1));
                *next_id += 1;
                let create = include_str!("../../../sql/mailbox/create.sql");
                transaction
                    .execute(
                        create,
                        &[&account.0, &id, &parent, &folder.name, &folder.role, &sort_order, &true],
                    )
                    .await?;
                id
            }
        };
        ids.push(id);
    }
    Ok(ids.into_iter().map(MailboxId).collect())
}

const fn with_role(name: &'static str, role: &'static str) -> Folder {
    Folder { name, role: Some(role), parent: None }
}

const fn top(name: &'static str) -> Folder {
    Folder { name, role: None, parent: None }
}

const fn below(name: &'static str, parent: usize) -> Folder {
    Folder { name, role: None, parent: Some(parent) }
}
