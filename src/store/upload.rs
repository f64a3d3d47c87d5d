//! Uploads (RFC 8620 §6): bytes that a login brings to an account, and what it may have there that no email holds.
//!
//! Each upload is committed before it is answered. While a commit of one login's uploads to one account is under way, those
//! that come meanwhile gather, and share the next; so a disk that takes milliseconds for a commit does not take them for
//! each upload. Different logins and accounts do not wait for each other.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::oneshot;
use tokio_postgres::types::ToSql;

use super::blob::BlobHash;
use super::{Store, StoreError, Transaction, sql};
use crate::wire::ids::AccountId;

/// What an upload counts for at least: the smallest ones take their room too.
const LEAST_OCTETS: i64 = 64 << 10;

/// How long an upload is its login's at least, even while an email holds its bytes (RFC 8620 §6).
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);

/// How many uploads give way to new ones in one statement at most.
const MOST_FORGOTTEN: i64 = 1000;

/// How often blobs are stored that others store, and somebody collects, at the same time.
const ATTEMPTS: u32 = 5;

/// How many octets share a commit, beside the first upload of those that do: what is large gains nothing by it.
const MOST_OCTETS_TOGETHER: usize = 1 << 20;

/// Who uploads to which account.
type Lane = (AccountId, String);

/// The uploads of a node that are on their way into the database.
#[derive(Default)]
pub(super) struct Gathering {
    /// Those that wait for the commit that is under way in their lane. A lane that nobody works in has no entry.
    waiting: Mutex<HashMap<Lane, Vec<Waiting>>>,
}

/// An upload that waits, and who waits for it.
struct Waiting {
    hash: BlobHash,
    data: Bytes,
    stored: oneshot::Sender<Result<(), StoreError>>,
}

/// Stores bytes that a login uploads to the account, and gives their hash. If that goes beyond what a login may have there
/// of uploads that no email holds, the oldest of them go (RFC 8620 §6); the newest stays, however large it is.
pub async fn store(
    store: &Store,
    account: AccountId,
    login: &str,
    data: Bytes,
) -> Result<BlobHash, StoreError> {
    let hash = BlobHash::of(&data);
    let (stored, outcome) = oneshot::channel();
    let lane = (account, login.to_owned());
    if store.gathering().add(lane.clone(), Waiting { hash, data, stored }) {
        store.runtime().spawn(work(store.clone(), lane));
    }
    let lost = || StoreError::NoConnection("the node stops".to_owned());
    outcome.await.map_err(|_| lost())?.map(|()| hash)
}

/// Notes that a login uploaded a blob, which is stored already, to the account; with the same consequences.
pub async fn note(
    transaction: &Transaction<'_>,
    account: AccountId,
    login: &str,
    hash: BlobHash,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let parameters: [&(dyn ToSql + Sync); 5] = [&account.0, &hash.0.as_slice(), &login, &at, &LEAST_OCTETS];
    transaction.execute(sql!("upload/note"), &parameters).await?;
    let since = at - KEPT_FOR;
    let parameters: [&(dyn ToSql + Sync); 7] = [
        &account.0,
        &login,
        &hash.0.as_slice(),
        &column(transaction.upload_quota()),
        &since,
        &MOST_FORGOTTEN,
        &LEAST_OCTETS,
    ];
    transaction.execute(sql!("upload/forget"), &parameters).await.map(drop)
}

/// Notes whether emails of the account hold these blobs now. What they hold does not count as an upload.
pub(super) async fn note_held(
    transaction: &Transaction<'_>,
    account: AccountId,
    blobs: &[(BlobHash, bool)],
) -> Result<(), StoreError> {
    let hashes: Vec<&[u8]> = blobs.iter().map(|(hash, _)| hash.0.as_slice()).collect();
    let held: Vec<bool> = blobs.iter().map(|(_, is_held)| *is_held).collect();
    transaction.execute(sql!("upload/note_held"), &[&account.0, &hashes, &held]).await.map(drop)
}

impl Gathering {
    /// Puts an upload into its lane; `true` if nobody works in it.
    fn add(&self, lane: Lane, upload: Waiting) -> bool {
        match self.lanes().entry(lane) {
            Entry::Occupied(mut waiting) => {
                waiting.get_mut().push(upload);
                false
            }
            Entry::Vacant(lane) => {
                lane.insert(vec![upload]);
                true
            }
        }
    }

    /// The uploads that share the next commit of a lane, in their order. If there are none, nobody works in it any more.
    fn next(&self, lane: &Lane) -> Vec<Waiting> {
        let mut lanes = self.lanes();
        let Some(waiting) = lanes.get_mut(lane) else { return Vec::new() };
        if waiting.is_empty() {
            lanes.remove(lane);
            return Vec::new();
        }
        let mut octets = 0;
        let mut fits = |upload: &Waiting| {
            octets += upload.data.len();
            octets <= MOST_OCTETS_TOGETHER
        };
        let together = waiting.iter().take_while(|upload| fits(upload)).count().max(1);
        waiting.drain(..together).collect()
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, Vec<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a lane up if its work ends before its time: those that wait in it then hear that it did.
struct Abandoned {
    gathering: Arc<Gathering>,
    lane: Lane,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.gathering.lanes().remove(&self.lane);
    }
}

/// Stores what waits in a lane until nothing does.
async fn work(store: Store, lane: Lane) {
    let abandoned = Abandoned { gathering: Arc::clone(store.gathering()), lane: lane.clone() };
    loop {
        let together = store.gathering().next(&lane);
        if together.is_empty() {
            break;
        }
        store_together(&store, &lane, together).await;
    }
    // The lane is free, and somebody else may work in it by now.
    std::mem::forget(abandoned);
}

/// Stores uploads by one commit. What one of them brings about, the others do not suffer: they are tried alone then.
async fn store_together(store: &Store, lane: &Lane, uploads: Vec<Waiting>) {
    match commit(store, lane, &uploads).await {
        Err(error) if uploads.len() > 1 => {
            tracing::debug!(%error, uploads = uploads.len(), "uploads could not be stored together");
            for upload in uploads {
                let outcome = commit(store, lane, std::slice::from_ref(&upload)).await;
                upload.stored.send(outcome).ok();
            }
        }
        outcome => {
            let mut outcome = Some(outcome);
            for upload in uploads {
                upload.stored.send(outcome.take().unwrap_or(Ok(()))).ok();
            }
        }
    }
}

async fn commit(store: &Store, (account, login): &Lane, uploads: &[Waiting]) -> Result<(), StoreError> {
    let Some(newest) = uploads.last() else { return Ok(()) };
    let hashes: Vec<&[u8]> = uploads.iter().map(|upload| upload.hash.0.as_slice()).collect();
    let data: Vec<&[u8]> = uploads.iter().map(|upload| &*upload.data).collect();
    let now = store.clock().now();
    let parameters: [&(dyn ToSql + Sync); 6] = [&account.0, login, &hashes, &data, &now, &LEAST_OCTETS];
    let expected = hashes.iter().collect::<BTreeSet<_>>().len() as u64;
    let mut attempts = 1;
    loop {
        let affected = store.execute("upload/store", sql!("upload/store"), &parameters).await?;
        if affected == expected {
            break;
        }
        // Somebody else stored one of them meanwhile: now it is there, and can be held.
        attempts += 1;
        if attempts > ATTEMPTS {
            return Err(StoreError::UnexpectedRows { statement: "upload/store", expected, affected });
        }
    }
    let (newest, quota, since) = (newest.hash.0.as_slice(), column(store.upload_quota()), now - KEPT_FOR);
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&account.0, login, &newest, &quota, &since, &MOST_FORGOTTEN, &LEAST_OCTETS];
    store.execute("upload/forget", sql!("upload/forget"), &parameters).await.map(drop)
}

fn column(octets: u64) -> i64 {
    i64::try_from(octets).unwrap_or(i64::MAX)
}
