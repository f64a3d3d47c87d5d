//! Mail that comes with an envelope: for whom it is, and what became of it for each of them. LMTP comes this way, and so
//! does mail between two local users.
//!
//! The message is parsed once and its bytes are stored once, whatever the number of recipients; each account that it goes
//! to gets it in a transaction of its own, some at a time. Where one fails, the others have theirs, and the same delivery tried again
//! stores nothing twice: an account holds the same bytes once.
//!
//! Nothing is written into the message, no Return-Path and no Received (RFC 5321 §4.4): the bytes that were signed, and
//! that the sender's digest speaks of, are the bytes that are kept.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::{Batch, Delivered, Incoming, store_all};
use crate::store::address::{self, Address};
use crate::store::blob::BlobHash;
use crate::store::email::{self, Membership};
use crate::store::mailbox::{self, MailboxSettings};
use crate::store::{AccountWriter, Store, StoreError};
use crate::trust::Trust;
use crate::wire::ids::{AccountId, EmailId, MailboxId};

/// How many accounts get a message at a time, so that one that somebody writes to keeps few of the others waiting, and a
/// message for many does not take all connections to the database.
const ACCOUNTS_AT_ONCE: usize = 4;

/// Who sends, and for whom it is (RFC 5321 §2.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path; `None` is the null one, of mail that nothing must answer to.
    pub reverse_path: Option<String>,
    /// The addresses of the recipients.
    pub recipients: Vec<String>,
}

/// What became of a message for one recipient. Where the address leads to several accounts, what went worst is told; the
/// others have it all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is committed.
    Stored {
        /// The account that the recipient leads to; the first of them.
        account: AccountId,
        /// Its new email.
        email: EmailId,
    },
    /// The account held it before: this delivery was tried again, or the message came on another way.
    AlreadyThere {
        /// The account that the recipient leads to; the first of them.
        account: AccountId,
        /// The email of these bytes.
        email: EmailId,
    },
    /// The address leads to nobody here.
    NoSuchAddress,
    /// The account is full at present; when mail is deleted there, the same message may find room.
    OverQuota,
    /// It will not be taken, however often it is tried.
    Refused(Refusal),
    /// Something failed here, and nothing was stored for this recipient; to be tried again.
    TemporaryFailure(String),
}

/// Why a message will not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The enhanced status code (RFC 3463), which begins with 5.
    pub status: &'static str,
    /// The reason, for the sender.
    pub text: String,
}

/// The accounts that each recipient leads to, in the order of the recipients; none for one that is not local. The address
/// itself counts first, then the address without its subaddress, then its whole domain ([`Address::ways_of`]).
pub async fn resolve(store: &Store, recipients: &[String]) -> Result<Vec<Vec<AccountId>>, StoreError> {
    let ways: Vec<Vec<Address>> = recipients.iter().map(|recipient| Address::ways_of(recipient)).collect();
    let wanted: Vec<Address> = ways.concat();
    let mut found = BTreeMap::new();
    if !wanted.is_empty() {
        found = store
            .transaction("inbound/resolve", async |transaction| {
                address::accounts_of(transaction, &wanted).await
            })
            .await?;
    }
    let accounts_by = |ways: &Vec<Address>| ways.iter().find_map(|way| found.get(way)).cloned();
    Ok(ways.iter().map(|ways| accounts_by(ways).unwrap_or_default()).collect())
}

/// Delivers a message to each recipient of its envelope, and tells what became of it, in the order of the recipients.
/// What is told as stored is committed.
pub async fn receive(trust: &Trust, envelope: &Envelope, raw: Vec<u8>) -> Vec<(String, Outcome)> {
    let outcomes = match deliver_to_all(trust, envelope, raw).await {
        Ok(outcomes) => outcomes,
        Err(error) => {
            let failure = temporary(&error);
            envelope.recipients.iter().map(|_| failure.clone()).collect()
        }
    };
    envelope.recipients.iter().cloned().zip(outcomes).collect()
}

async fn deliver_to_all(
    trust: &Trust,
    envelope: &Envelope,
    raw: Vec<u8>,
) -> Result<Vec<Outcome>, StoreError> {
    let resolved = resolve(trust.store(), &envelope.recipients).await?;
    let accounts: BTreeSet<AccountId> = resolved.iter().flatten().copied().collect();
    let hash = BlobHash::of(&raw);
    let mut outcomes = already_there(trust.store(), &accounts, hash).await?;
    if accounts.len() > outcomes.len() {
        let incoming = Incoming { raw, received_at: None, membership: Membership::default() };
        let batch = Batch::make_ready(trust, vec![incoming], vec![hash], &BTreeMap::new()).await?;
        let waiting: Vec<AccountId> =
            accounts.into_iter().filter(|account| !outcomes.contains_key(account)).collect();
        let batch = &batch;
        let deliveries = waiting
            .into_iter()
            .map(|account| async move { (account, deliver_to(trust, account, batch).await) });
        let mut deliveries = stream::iter(deliveries).buffer_unordered(ACCOUNTS_AT_ONCE);
        while let Some((account, outcome)) = deliveries.next().await {
            outcomes.insert(account, outcome.unwrap_or_else(|error| temporary(&error)));
        }
        trust.store().mail_was_stored().await;
    }
    Ok(resolved.iter().map(|accounts| worst(accounts, &outcomes)).collect())
}

/// The accounts that hold these bytes: they cost neither parsing nor verification.
async fn already_there(
    store: &Store,
    accounts: &BTreeSet<AccountId>,
    hash: BlobHash,
) -> Result<BTreeMap<AccountId, Outcome>, StoreError> {
    store
        .transaction("inbound/known_before", async |transaction| {
            let mut known = BTreeMap::new();
            for &account in accounts {
                let emails = email::known_blobs(transaction, account, &[hash]).await?;
                if let Some(&email) = emails.get(&hash) {
                    known.insert(account, Outcome::AlreadyThere { account, email });
                }
            }
            Ok(known)
        })
        .await
}

async fn deliver_to(trust: &Trust, account: AccountId, batch: &Batch) -> Result<Outcome, StoreError> {
    let delivered = trust
        .store()
        .write_resting_on("inbound", account, &batch.signers, async |writer| {
            let mailboxes = BTreeSet::from([inbox(writer).await?]);
            let place = Membership { mailboxes, keywords: BTreeSet::new() };
            store_all(writer, batch, Some(&place)).await
        })
        .await;
    Ok(match delivered {
        Ok(outcomes) => outcome(account, outcomes.into_iter().next()),
        // It went while the message was under way.
        Err(StoreError::NoAccount) => Outcome::NoSuchAddress,
        Err(error) => return Err(error),
    })
}

fn outcome(account: AccountId, delivered: Option<Delivered>) -> Outcome {
    match delivered {
        Some(Delivered::Stored(stored)) => Outcome::Stored { account, email: stored.email },
        Some(Delivered::AlreadyThere(email)) => Outcome::AlreadyThere { account, email },
        Some(Delivered::Unreadable(reason)) => Outcome::Refused(Refusal {
            status: "5.6.0",
            text: format!("the message cannot be read: {reason}"),
        }),
        Some(Delivered::OverQuota(full)) if full.is_hopeless => {
            Outcome::Refused(Refusal { status: "5.2.3", text: full.to_string() })
        }
        Some(Delivered::OverQuota(_)) => Outcome::OverQuota,
        Some(Delivered::NoSuchMailbox(_)) | None => {
            Outcome::TemporaryFailure("the mailbox is not there at present".to_owned())
        }
    }
}

/// The account's inbox. Where there is none, an "Inbox" becomes it or is made: mail that was taken has a place.
async fn inbox(writer: &mut AccountWriter<'_>) -> Result<MailboxId, StoreError> {
    let mailboxes = mailbox::all(writer.transaction(), writer.account()).await?;
    if let Some(inbox) = mailboxes.values().find(|mailbox| mailbox.settings.role.as_deref() == Some("inbox"))
    {
        return Ok(inbox.id);
    }
    let is_named_so = |settings: &MailboxSettings| settings.parent.is_none() && settings.name == "Inbox";
    if let Some(named) = mailboxes.values().find(|mailbox| is_named_so(&mailbox.settings)) {
        return Ok(named.id);
    }
    let settings = MailboxSettings {
        name: "Inbox".to_owned(),
        parent: None,
        role: Some("inbox".to_owned()),
        sort_order: 0,
        is_subscribed: true,
    };
    mailbox::create(writer, &settings).await
}

/// What the recipient's accounts amount to: as long as one of them may yet succeed, the delivery is to be tried again.
fn worst(accounts: &[AccountId], outcomes: &BTreeMap<AccountId, Outcome>) -> Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Stored { .. } => 0,
        Outcome::AlreadyThere { .. } => 1,
        Outcome::NoSuchAddress => 2,
        Outcome::Refused(_) => 3,
        Outcome::OverQuota => 4,
        Outcome::TemporaryFailure(_) => 5,
    };
    let mut worst: Option<&Outcome> = None;
    for outcome in accounts.iter().filter_map(|account| outcomes.get(account)) {
        if worst.is_none_or(|worst| rank(outcome) > rank(worst)) {
            worst = Some(outcome);
        }
    }
    worst.cloned().unwrap_or(Outcome::NoSuchAddress)
}

/// The log learns what failed, the sender that something did.
fn temporary(error: &StoreError) -> Outcome {
    tracing::warn!(%error, "a message could not be delivered at present");
    Outcome::TemporaryFailure("the message cannot be stored at present".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_accounts_what_went_worst_is_told() {
        let (one, two) = (AccountId(1), AccountId(2));
        let stored = Outcome::Stored { account: one, email: EmailId(7) };
        let outcomes = BTreeMap::from([(one, stored.clone()), (two, Outcome::OverQuota)]);
        assert_eq!(worst(&[one], &outcomes), stored);
        assert_eq!(worst(&[one, two], &outcomes), Outcome::OverQuota);
        assert_eq!(worst(&[], &outcomes), Outcome::NoSuchAddress);
    }
}
