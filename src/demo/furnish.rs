//! Filling an empty database with the demonstration: trust, an account, its mailboxes, its mail.

use std::collections::{BTreeMap, BTreeSet};

use super::data::{self, Entry};
use crate::delivery::{self, Delivered, DeliveryError, Incoming};
use crate::http::password;
use crate::provision;
use crate::smime::AnchorPolicy;
use crate::store::email::Membership;
use crate::store::mailbox;
use crate::store::trust::{self as trust_store, Anchor, CrlRecord};
use crate::store::{DataType, Store, StoreError, account, change, login};
use crate::trust::{Trust, UnreadableMaterial, material};
use crate::wire::ids::{AccountId, MailboxId};
use crate::wire::keyword::Keyword;

/// The password of the demonstration's login.
pub const PASSWORD: &str = "demo";

/// The account that stands ready.
#[derive(Clone, Debug)]
pub struct Furnished {
    /// Its id.
    pub account: AccountId,
    /// The name of the account and of the login.
    pub name: String,
    /// How many messages were delivered by this start.
    pub delivered: usize,
    /// The newest Email state.
    pub email_state: i64,
}

/// Why the demonstration could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum FurnishError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A certificate or CRL that is built in cannot be read.
    #[error("the demonstration's PKI cannot be used: {0}")]
    Material(#[from] UnreadableMaterial),
    /// A message that is built in was not taken.
    #[error("the demonstration's message {file} was not delivered: {reason}")]
    Message {
        /// Its file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// The password could not be hashed.
    #[error("the password cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
}

/// Makes what is not there yet. The login is made last: with it, everything is there, and stays as people left it.
///
/// # Errors
/// See [`FurnishError`]. What was done until then stays, and the next call goes on from there.
pub async fn furnish(trust: &Trust) -> Result<Furnished, FurnishError> {
    let store = trust.store();
    let name = data::manifest().account;
    let account = ensure_account(store, &name).await?;
    let mut delivered = 0;
    if login::by_name(store, &name).await?.is_none() {
        // Trust comes before mail: each message is verified once, on its delivery.
        trust_the_demonstration(store).await?;
        let mailboxes = mailboxes_by_role(store, account).await?;
        delivered = deliver(trust, account, &mailboxes).await?;
        make_login(store, &name, account).await?;
    }
    let email_state = store
        .transaction("demo/state", async |transaction| {
            change::state(transaction, account, DataType::Email).await
        })
        .await?;
    Ok(Furnished { account, name, delivered, email_state })
}

async fn ensure_account(store: &Store, name: &str) -> Result<AccountId, StoreError> {
    store
        .transaction("demo/account", async |transaction| {
            if let Some(existing) = account::by_name(transaction, name).await? {
                return Ok(existing);
            }
            provision::make_account(transaction, name).await?.ok_or(StoreError::NoAccount)
        })
        .await
}

async fn trust_the_demonstration(store: &Store) -> Result<(), FurnishError> {
    let anchors = material::read_certificates(data::TRUST_ANCHOR)?;
    let ders: Vec<Vec<u8>> =
        data::CRLS.into_iter().map(material::read_crls).collect::<Result<Vec<_>, _>>()?.concat();
    let crls: Vec<CrlRecord> =
        ders.iter().map(|der| material::crl_record(der, "operator")).collect::<Result<_, _>>()?;
    store
        .transaction("demo/trust", async |transaction| {
            for anchor in &anchors {
                let anchor = Anchor {
                    fingerprint: anchor.fingerprint(),
                    der: anchor.0.clone(),
                    name: data::TRUST_ANCHOR_NAME.to_owned(),
                    added_at: transaction.now(),
                    policy: AnchorPolicy::default(),
                };
                trust_store::add_anchor(transaction, &anchor).await?;
            }
            trust_store::add_crls(transaction, &crls).await
        })
        .await?;
    Ok(())
}

async fn mailboxes_by_role(
    store: &Store,
    account: AccountId,
) -> Result<BTreeMap<String, MailboxId>, StoreError> {
    let mailboxes = store
        .transaction("demo/mailboxes", async |transaction| mailbox::all(transaction, account).await)
        .await?;
    let by_role = mailboxes.into_values().filter_map(|mailbox| Some((mailbox.settings.role?, mailbox.id)));
    Ok(by_role.collect())
}

/// One after the other, so that ids and states come out the same each time. Gives how many are new.
async fn deliver(
    trust: &Trust,
    account: AccountId,
    mailboxes: &BTreeMap<String, MailboxId>,
) -> Result<usize, FurnishError> {
    let mut delivered = 0;
    for entry in data::manifest().messages {
        let refused = |reason: &dyn ToString| FurnishError::Message {
            file: entry.file.clone(),
            reason: reason.to_string(),
        };
        let incoming = incoming(&entry, mailboxes).map_err(|reason| refused(&reason))?;
        let receipt =
            delivery::deliver(trust, account, vec![incoming], None).await.map_err(|error| match error {
                DeliveryError::Store(error) => FurnishError::Store(error),
                other => refused(&other),
            })?;
        match receipt.outcomes.first() {
            Some(Delivered::Stored(_)) => delivered += 1,
            Some(Delivered::AlreadyThere(_)) => {}
            other => return Err(refused(&format!("{other:?}"))),
        }
    }
    Ok(delivered)
}

fn incoming(entry: &Entry, mailboxes: &BTreeMap<String, MailboxId>) -> Result<Incoming, &'static str> {
    let raw = data::message(&entry.file).ok_or("it is not built in")?.to_vec();
    let mailbox = *mailboxes.get(&entry.mailbox).ok_or("there is no mailbox of its role")?;
    let keywords = entry.keywords.iter().map(|keyword| Keyword::parse(keyword)).collect::<Option<_>>();
    let membership =
        Membership { mailboxes: BTreeSet::from([mailbox]), keywords: keywords.ok_or("a keyword is none")? };
    Ok(Incoming { raw, received_at: Some(entry.received_at), membership })
}

async fn make_login(store: &Store, name: &str, account: AccountId) -> Result<(), FurnishError> {
    let hash = password::hash(PASSWORD).map_err(FurnishError::Password)?;
    store
        .transaction("demo/login", async |transaction| {
            provision::make_owner(transaction, name, &hash, account).await
        })
        .await?;
    Ok(())
}
