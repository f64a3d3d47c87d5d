//! Many messages into one mailbox: batch after batch, so that memory does not grow with their number.

use std::collections::BTreeSet;

use super::source::{Broken, Found};
use super::{Delivered, DeliveryError, Incoming, deliver};
use crate::store::email::Membership;
use crate::trust::Trust;
use crate::wire::ids::{AccountId, MailboxId};

/// Messages that are delivered in one transaction.
const BATCH_MESSAGES: usize = 100;

/// Octets after which a batch is delivered, however few messages it holds.
const BATCH_OCTETS: usize = 8 * 1024 * 1024;

/// What became of the messages of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Stored.
    pub imported: u64,
    /// The account held them before.
    pub already_there: u64,
    /// Not read, no messages, or more than the account may hold.
    pub broken: u64,
}

/// Tells somebody how an import goes on.
pub trait Watcher {
    /// So many more octets of messages have been dealt with.
    fn advanced(&mut self, octets: u64);
    /// Something is not imported: its name, and why.
    fn refused(&mut self, name: &str, reason: &str);
}

/// Imports messages in their order. What is broken is told to `watcher`, and the rest goes on; if the database fails, what was
/// delivered before stays, and importing the same again goes on from there.
pub async fn import(
    trust: &Trust,
    account: AccountId,
    mailbox: MailboxId,
    messages: impl Iterator<Item = Result<Found, Broken>>,
    watcher: &mut impl Watcher,
) -> Result<Tally, DeliveryError> {
    let mut tally = Tally::default();
    let mut batch = Vec::new();
    let mut octets = 0;
    for message in messages {
        match message {
            Ok(found) => {
                octets += found.raw.len();
                batch.push(found);
            }
            Err(Broken { name, error }) => {
                tally.broken += 1;
                watcher.refused(&name, &error.to_string());
            }
        }
        if batch.len() >= BATCH_MESSAGES || octets >= BATCH_OCTETS {
            deliver_batch(trust, account, mailbox, std::mem::take(&mut batch), &mut tally, watcher).await?;
            octets = 0;
        }
    }
    deliver_batch(trust, account, mailbox, batch, &mut tally, watcher).await?;
    Ok(tally)
}

async fn deliver_batch(
    trust: &Trust,
    account: AccountId,
    mailbox: MailboxId,
    batch: Vec<Found>,
    tally: &mut Tally,
    watcher: &mut impl Watcher,
) -> Result<(), DeliveryError> {
    if batch.is_empty() {
        return Ok(());
    }
    let octets = batch.iter().map(|found| found.raw.len() as u64).sum();
    let (names, incoming): (Vec<String>, Vec<Incoming>) =
        batch.into_iter().map(|found| addressed(found, mailbox)).unzip();
    let receipt = deliver(trust, account, incoming, None).await?;
    for (name, outcome) in names.iter().zip(receipt.outcomes) {
        match outcome {
            Delivered::Stored(_) => tally.imported += 1,
            Delivered::AlreadyThere(_) => tally.already_there += 1,
            Delivered::Unreadable(reason) => {
                tally.broken += 1;
                watcher.refused(name, &reason.to_string());
            }
            Delivered::OverQuota(full) => {
                tally.broken += 1;
                watcher.refused(name, &full.to_string());
            }
            Delivered::NoSuchMailbox(_) => {
                tally.broken += 1;
                watcher.refused(name, "the mailbox has been destroyed");
            }
        }
    }
    watcher.advanced(octets);
    Ok(())
}

fn addressed(found: Found, mailbox: MailboxId) -> (String, Incoming) {
    let membership =
        Membership { mailboxes: BTreeSet::from([mailbox]), keywords: found.keywords.into_iter().collect() };
    (found.name, Incoming { raw: found.raw, received_at: found.received_at, membership })
}
