//! The way in: bytes become an email. Whatever the door (LMTP, Email/import, `signet import`, the demonstration), a
//! message is parsed once, its facts are stated, its signers registered, and everything about it is stored in one
//! transaction.

pub mod import;
pub mod inbound;
mod prepare;
pub mod source;
mod stored_signers;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::mime::Unreadable;
use crate::store::blob::{self, BlobHash};
use crate::store::email::{self, Inserted, Membership, NewEmail};
use crate::store::quota::OverQuota;
use crate::store::signer::SignerId;
use crate::store::{AccountWriter, DataType, StoreError, change, mailbox};
use crate::telemetry::Metrics;
use crate::trust::{RegisteredSigner, Trust, register};
use crate::wire::ids::{AccountId, EmailId, MailboxId, ThreadId};
use prepare::Prepared;
pub use prepare::{email_of, smime_of};

/// A message that wants in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its bytes, kept as they are.
    pub raw: Vec<u8>,
    /// receivedAt, if the sender of this knows it; else the newest Received header says it, else the clock.
    pub received_at: Option<DateTime<Utc>>,
    /// Where it goes and what it is marked with; at least one mailbox.
    pub membership: Membership,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is stored.
    Stored(Stored),
    /// The account holds an email of exactly these bytes already.
    AlreadyThere(EmailId),
    /// It is no message.
    Unreadable(Unreadable),
    /// One of the mailboxes does not exist.
    NoSuchMailbox(MailboxId),
    /// The account has no room for it.
    OverQuota(OverQuota),
}

/// An email that was stored (RFC 8621 §4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// id.
    pub email: EmailId,
    /// threadId.
    pub thread: ThreadId,
    /// What blobId is made of.
    pub blob: BlobHash,
    /// size.
    pub size: u64,
}

/// The Email states of the account around a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The state before.
    pub old_state: i64,
    /// The state after.
    pub new_state: i64,
    /// One for each message, in their order.
    pub outcomes: Vec<Delivered>,
}

/// Why nothing was delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The account is not in the state that was asked for (RFC 8620 §5.3, ifInState).
    #[error("the account is in another state")]
    StateMismatch,
    /// The database failed; nothing was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Delivers messages to an account, all in one transaction. With `if_in_state`, only if that is the Email state.
pub async fn deliver(
    trust: &Trust,
    account: AccountId,
    messages: Vec<Incoming>,
    if_in_state: Option<i64>,
) -> Result<Receipt, DeliveryError> {
    let batch = examine(trust, account, messages).await?;
    let outcome = trust
        .store()
        .write_resting_on("delivery", account, batch.signers(), async |writer| {
            let old_state = change::state(writer.transaction(), account, DataType::Email).await?;
            if if_in_state.is_some_and(|state| state != old_state) {
                return Ok(None);
            }
            let outcomes = store_all(writer, &batch, None).await?;
            let new_state = writer.new_state(DataType::Email).await?;
            Ok(Some(Receipt { old_state, new_state, outcomes }))
        })
        .await?;
    trust.store().mail_was_stored().await;
    outcome.ok_or(DeliveryError::StateMismatch)
}

/// Parses messages, states their facts, registers their signers and refreshes the verdicts that they rest on: all
/// that takes time and needs no lock on the account.
pub async fn examine(
    trust: &Trust,
    account: AccountId,
    messages: Vec<Incoming>,
) -> Result<Batch, StoreError> {
    let hashes: Vec<BlobHash> = messages.iter().map(|message| BlobHash::of(&message.raw)).collect();
    let already_there = known_before(trust, account, &hashes).await?;
    Batch::make_ready(trust, messages, hashes, &already_there).await
}

/// Messages that wait for nothing but their place in an account, for transactions that do more than to store them.
#[derive(Default)]
pub struct Batch {
    ready: Vec<Ready>,
    /// The signers whose verdicts decide them, in the order of locks.
    signers: Vec<SignerId>,
    /// Where what is stored is counted.
    metrics: Option<Metrics>,
}

impl Batch {
    /// Does all that is done for a message whatever account it goes to: it is parsed, its facts are stated, its signers
    /// registered, and their verdicts refreshed where they are due.
    async fn make_ready(
        trust: &Trust,
        messages: Vec<Incoming>,
        hashes: Vec<BlobHash>,
        already_there: &BTreeMap<BlobHash, EmailId>,
    ) -> Result<Self, StoreError> {
        let (now, metrics) = (trust.store().clock().now(), trust.metrics().clone());
        let mut prepared = prepare::prepare(messages, hashes, already_there, now, metrics).await;
        stored_signers::look_up(trust, &mut prepared).await?;
        let facts: Vec<_> = prepared.iter().filter_map(Prepared::facts).collect();
        for problem in facts.iter().flat_map(|facts| &facts.problems) {
            trust.metrics().smime_problem(problem.code.as_str());
        }
        let registered = register(trust, &facts).await?;
        let ready = prepare::with_signers(prepared, registered);
        let signers = senders(&ready);
        trust.refresh_signers(&signers).await?;
        Ok(Self { ready, signers, metrics: Some(trust.metrics().clone()) })
    }

    /// The signers that the transaction rests on (`Store::write_resting_on`).
    pub fn signers(&self) -> &[SignerId] {
        &self.signers
    }

    /// Stores the message at this place among those that were examined; `None` if there is none.
    pub async fn store_one(
        &self,
        writer: &mut AccountWriter<'_>,
        place: usize,
    ) -> Result<Option<Delivered>, StoreError> {
        let one = self.ready.get(place).map(std::slice::from_ref).unwrap_or_default();
        Ok(store_some(writer, one, None, self.metrics.as_ref()).await?.pop())
    }
}

/// A message that is ready to be stored, or why it cannot be.
enum Ready {
    Email { email: Box<NewEmail>, raw: Vec<u8> },
    AlreadyThere(EmailId),
    Unreadable(Unreadable),
}

/// A look without the lock, so that what is there already costs neither parsing nor verification.
async fn known_before(
    trust: &Trust,
    account: AccountId,
    hashes: &[BlobHash],
) -> Result<BTreeMap<BlobHash, EmailId>, StoreError> {
    trust
        .store()
        .transaction("delivery/known_before", async |transaction| {
            email::known_blobs(transaction, account, hashes).await
        })
        .await
}

/// Stores what can be stored, under the account's lock, and tells the outcome of each message. They go where `place`
/// says, else each where it says itself.
async fn store_all(
    writer: &mut AccountWriter<'_>,
    batch: &Batch,
    place: Option<&Membership>,
) -> Result<Vec<Delivered>, StoreError> {
    store_some(writer, &batch.ready, place, batch.metrics.as_ref()).await
}

async fn store_some(
    writer: &mut AccountWriter<'_>,
    ready: &[Ready],
    place: Option<&Membership>,
    metrics: Option<&Metrics>,
) -> Result<Vec<Delivered>, StoreError> {
    let (transaction, account) = (writer.transaction(), writer.account());
    let hashes: Vec<BlobHash> = ready.iter().filter_map(Ready::hash).collect();
    let known = email::known_blobs(transaction, account, &hashes).await?;
    let mailboxes: BTreeSet<MailboxId> = mailbox::all(transaction, account).await?.into_keys().collect();
    let mut taken = BTreeSet::new();
    let mut outcomes: Vec<Option<Delivered>> = Vec::with_capacity(ready.len());
    let (mut emails, mut blobs) = (Vec::new(), Vec::new());
    for message in ready {
        outcomes.push(match message {
            Ready::AlreadyThere(existing) => Some(Delivered::AlreadyThere(*existing)),
            Ready::Unreadable(reason) => Some(Delivered::Unreadable(reason.clone())),
            Ready::Email { email, raw } => {
                let membership = place.unwrap_or(&email.membership);
                let missing = membership.mailboxes.iter().find(|mailbox| !mailboxes.contains(mailbox));
                if let Some(missing) = missing {
                    Some(Delivered::NoSuchMailbox(*missing))
                } else if let Some(existing) = known.get(&email.blob) {
                    Some(Delivered::AlreadyThere(*existing))
                } else if !taken.contains(&email.blob)
                    && let Err(full) = writer.admit(email.size)
                {
                    Some(Delivered::OverQuota(full))
                } else {
                    if taken.insert(email.blob) {
                        blobs.push((email.blob, raw.as_slice()));
                        emails.push(NewEmail { membership: membership.clone(), ..(**email).clone() });
                    }
                    None
                }
            }
        });
    }
    blob::store(transaction, &blobs, transaction.now()).await?;
    let inserted = email::insert(writer, &emails).await?;
    // A transaction that is tried again counts again; that is rare enough for a counter.
    for status in inserted.iter().filter_map(|inserted| inserted.status) {
        metrics.inspect(|metrics| metrics.smime_message(status.as_str()));
    }
    let stored = emails.iter().zip(inserted).map(|(email, Inserted { id, thread, .. })| {
        (email.blob, Stored { email: id, thread, blob: email.blob, size: email.size })
    });
    let mut stored: BTreeMap<BlobHash, (Stored, bool)> =
        stored.map(|(blob, stored)| (blob, (stored, false))).collect();
    let outcomes = outcomes.into_iter().zip(ready).filter_map(|(outcome, message)| {
        outcome.or_else(|| {
            let (stored, was_told) = stored.get_mut(&message.hash()?)?;
            // The same bytes twice in one delivery are one email.
            let again = std::mem::replace(was_told, true);
            Some(if again { Delivered::AlreadyThere(stored.email) } else { Delivered::Stored(*stored) })
        })
    });
    Ok(outcomes.collect())
}

impl Ready {
    fn hash(&self) -> Option<BlobHash> {
        match self {
            Self::Email { email, .. } => Some(email.blob),
            _ => None,
        }
    }
}

/// The signers whose verdicts decide these emails, in the order of locks.
fn senders(ready: &[Ready]) -> Vec<SignerId> {
    let signers: BTreeSet<SignerId> = ready
        .iter()
        .filter_map(|message| match message {
            Ready::Email { email, .. } => email.smime.as_ref(),
            _ => None,
        })
        .flat_map(|smime| smime.signatures.iter().filter(|signature| signature.is_sender))
        .map(|signature| signature.signer)
        .collect();
    signers.into_iter().collect()
}

/// Where registered signers meet the facts that they come from.
type Registered = Vec<Vec<RegisteredSigner>>;
