//! The worker that runs on every node: makes subscriptions due whose accounts changed, claims those that are due, and
//! tells them.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::{self, error::TryRecvError};
use tokio_util::sync::CancellationToken;

use super::encryption::{MAX_PLAINTEXT, encrypt};
use super::sender::{Answer, Message, PUSHING};
use super::{Push, Seen, StateChange, TypeFilter, schedule};
use crate::store::push::{self, Claim};
use crate::store::{Hint, StoreError};

/// Pushes of a node at a time.
const AT_ONCE: usize = 16;
/// Accounts that are worked off in one transaction.
const ACCOUNTS: i64 = 100;
/// How often to look where nothing calls.
const INTERVAL: Duration = Duration::from_secs(30);
/// How long a node that stops waits for pushes that are under way.
const LAST_PUSHES: Duration = Duration::from_secs(5);
/// What lies in the past is due at once, but a node that cannot claim it does not spin.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
/// A claim lasts longer than the longest push.
const LEASE: chrono::Duration = chrono::Duration::seconds(2 * PUSHING.as_secs() as i64);
/// A subscription rests so long between two pushes, and what happens meanwhile is told together.
const REST: chrono::Duration = chrono::Duration::seconds(1);
/// Attempts to tell a change before it waits for the next one.
const ATTEMPTS: u32 = 16;
/// Attempts to reach a subscription at all.
const VERIFICATION_ATTEMPTS: u32 = 5;

/// Tells subscriptions what they have to hear, until `stop`.
pub async fn run(push: Push, mut hints: broadcast::Receiver<Hint>, stop: CancellationToken) {
    let mut running = FuturesUnordered::new();
    while !stop.is_cancelled() {
        let looked = {
            let mut looking = pin!(push.look(AT_ONCE - running.len()));
            // Pushes under way hold connections to the database, or wait for some: they have to go on meanwhile.
            loop {
                tokio::select! {
                    looked = &mut looking => break looked,
                    _ = running.next(), if !running.is_empty() => {}
                }
            }
        };
        let wait = match looked {
            Ok((claims, wait)) => {
                running.extend(claims.into_iter().map(|claim| tell(push.clone(), claim)));
                wait
            }
            Err(error) => {
                tracing::warn!(%error, "pushes could not be looked for; trying again later");
                INTERVAL
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            _ = running.next(), if !running.is_empty() => {}
            () = called(&mut hints) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    // What does not finish in time is told again by another node, once its lease is over.
    tokio::time::timeout(LAST_PUSHES, running.collect::<Vec<()>>()).await.ok();
}

/// Waits until a subscription may be due, and takes all the hints that say so at once.
async fn called(hints: &mut broadcast::Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Push) | Err(broadcast::error::RecvError::Lagged(_)) => break,
            Ok(Hint::Account(_) | Hint::Trust | Hint::Outbox | Hint::Source) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
    while let Ok(_) | Err(TryRecvError::Lagged(_)) = hints.try_recv() {}
}

impl Push {
    /// Makes due what has to be, claims up to `most` subscriptions, and says when to look again.
    async fn look(&self, most: usize) -> Result<(Vec<Claim>, Duration), StoreError> {
        let store = &self.0.store;
        store.transaction("push/expire", async |transaction| push::expire(transaction).await).await?;
        let spread = async || {
            store
                .transaction("push/spread", async |transaction| push::spread(transaction, ACCOUNTS).await)
                .await
        };
        while spread().await? == ACCOUNTS {}
        let mut claims = Vec::new();
        while claims.len() < most {
            let claim = store
                .transaction("push/claim", async |transaction| push::claim(transaction, LEASE).await)
                .await?;
            match claim {
                Some(claim) => claims.push(claim),
                None => break,
            }
        }
        let backlog =
            store.transaction("push/backlog", async |transaction| push::backlog(transaction).await).await?;
        self.0.metrics.push_backlog(backlog.waiting);
        let is_full = claims.len() == most;
        let until_due = backlog.next_due.filter(|_| !is_full).map(|due| {
            let wait = (due - store.clock().now()).to_std().unwrap_or_default();
            wait.clamp(SHORTEST_WAIT, INTERVAL)
        });
        Ok((claims, until_due.unwrap_or(INTERVAL)))
    }

    /// Tells one subscription what it has to hear, and ends its lease.
    async fn tell(&self, claim: &Claim) -> Result<(), StoreError> {
        let store = &self.0.store;
        let (object, told, is_all) = if claim.is_verified {
            let states = store
                .snapshot("push/states", async |transaction| push::states(transaction, &claim.login).await)
                .await?;
            let seen = Seen::parse(&claim.told).unwrap_or_default();
            let types = claim
                .types
                .as_ref()
                .map_or(TypeFilter::All, |types| TypeFilter::of(types.iter().map(String::as_str)));
            let Some(change) = StateChange::since(&seen, &states, &types) else {
                return self.settle(claim, &claim.told, true).await;
            };
            let (change, told, is_all) = change.within(MAX_PLAINTEXT, &seen, &states);
            (change.to_object(), told.to_string(), is_all)
        } else {
            (verification(claim), claim.told.clone(), true)
        };
        let answer = self.push(claim, &Value::Object(object).to_string()).await?;
        self.0
            .metrics
            .push(if claim.is_verified { "StateChange" } else { "PushVerification" }, answer.word());
        match answer {
            Answer::Accepted => self.settle(claim, &told, is_all).await,
            failure => self.recover(claim, &failure).await,
        }
    }

    async fn push(&self, claim: &Claim, object: &str) -> Result<Answer, StoreError> {
        let url = match self.0.sender.parse(&claim.url) {
            Ok(url) => url,
            Err(refused) => return Ok(refused),
        };
        let now = self.0.store.clock().now();
        let authorization = self.vapid().await?.authorization(&url, self.0.contact.as_deref(), now);
        let body = match &claim.keys {
            Some(keys) => encrypt(object.as_bytes(), keys),
            None => Ok(object.as_bytes().to_vec()),
        };
        let message = authorization.and_then(|authorization| {
            Ok(Message { body: body?, is_encrypted: claim.keys.is_some(), authorization })
        });
        match message {
            Ok(message) => Ok(self.0.sender.send(url, message).await),
            // Keys are checked when they come in.
            Err(error) => Ok(Answer::Refused(format!("the push cannot be encrypted or signed: {error}"))),
        }
    }

    async fn settle(&self, claim: &Claim, told: &str, is_all: bool) -> Result<(), StoreError> {
        let settle = self.0.store.transaction("push/settle", async |transaction| {
            push::settle(transaction, claim, told, transaction.now() + REST, !is_all).await
        });
        settle.await
    }

    /// After a push that did not get through: the subscription is over, or it is tried again later.
    async fn recover(&self, claim: &Claim, failure: &Answer) -> Result<(), StoreError> {
        let most = if claim.is_verified { ATTEMPTS } else { VERIFICATION_ATTEMPTS };
        let is_over = match failure {
            Answer::Gone => true,
            // Who was never reached is not called again for ever, and who says no means it.
            Answer::Status(status, _) if *status < 500 => !claim.is_verified,
            Answer::Refused(_) => !claim.is_verified,
            _ => !claim.is_verified && claim.attempts >= most,
        };
        tracing::info!(
            subscription = %claim.id,
            login = claim.login,
            attempt = claim.attempts,
            is_over,
            ?failure,
            "a push failed"
        );
        let store = &self.0.store;
        if is_over {
            return store
                .transaction("push/forget", async |transaction| push::forget(transaction, claim).await)
                .await;
        }
        if claim.attempts >= most {
            // The next change brings it up again, with all that was not told.
            return self.settle(claim, &claim.told, true).await;
        }
        let retry_after = match failure {
            Answer::TooMany(wait) | Answer::Status(_, wait) => *wait,
            _ => None,
        };
        let wait = schedule::wait(claim.attempts, retry_after, jitter());
        let put_off = store.transaction("push/put_off", async |transaction| {
            let at = transaction.now() + chrono::Duration::from_std(wait).unwrap_or(LEASE);
            push::put_off(transaction, claim, at).await
        });
        put_off.await
    }
}

async fn tell(push: Push, claim: Claim) {
    if let Err(error) = push.tell(&claim).await {
        // The lease runs out, and then it is tried again.
        tracing::warn!(%error, subscription = %claim.id, "a push could not be settled");
    }
}

/// A PushVerification object (RFC 8620 §7.2.2).
fn verification(claim: &Claim) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("@type".to_owned(), json!("PushVerification"));
    object.insert("pushSubscriptionId".to_owned(), json!(claim.id));
    object.insert("verificationCode".to_owned(), json!(claim.verification_code));
    object
}

/// From 0 to 1.
fn jitter() -> f64 {
    let mut random = [0; 4];
    // Without random numbers nothing is spread, and all else holds.
    openssl::rand::rand_bytes(&mut random).ok();
    f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)
}
