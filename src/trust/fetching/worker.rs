//! The worker that runs on every node and fetches what is due.

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::super::Trust;
use super::{Attempt, Fetching};
use crate::reach::Reach;
use crate::store::source::{self, Claim};
use crate::store::{Hint, StoreError};

/// A source whose lease another node has may be due soon; looking for it more often would be of no use.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// How long a node that is to stop waits for fetches under way.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often unwanted sources are looked for.
const SWEEP: Duration = Duration::from_secs(3600);
/// Sources that no verdict wanted for so long are forgotten.
const UNWANTED: Duration = Duration::from_secs(90 * 86_400);

/// Fetches until `stop`. Looks every `interval`, when a source becomes due, and when a verdict wants a new one.
pub async fn run(
    trust: Trust,
    interval: Duration,
    mut hints: broadcast::Receiver<Hint>,
    stop: CancellationToken,
) {
    let Some(fetching) = trust.fetching.clone() else { return };
    let mut running = FuturesUnordered::new();
    let mut busy = Busy::default();
    let mut swept: Option<Instant> = None;
    while !stop.is_cancelled() {
        if swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
            swept = Some(Instant::now());
            if let Err(error) = trust.forget_sources().await {
                tracing::warn!(%error, "unwanted sources could not be forgotten; trying again later");
            }
        }
        let (looked, ended) = {
            let mut looking = pin!(trust.claim_sources(&fetching, busy.clone()));
            let mut ended: Vec<String> = Vec::new();
            // Fetches under way hold connections to the database, or wait for some: they have to go on meanwhile.
            let looked = loop {
                tokio::select! {
                    looked = &mut looking => break looked,
                    Some(host) = running.next(), if !running.is_empty() => ended.push(host),
                }
            };
            (looked, ended)
        };
        ended.iter().for_each(|host| busy.leave(host));
        let wait = match looked {
            Ok((claims, wait)) => {
                for claim in claims {
                    busy.enter(&claim.host);
                    running.push(fetch(trust.clone(), fetching.clone(), claim));
                }
                wait.map_or(interval, |wait| wait.clamp(SHORTEST_SLEEP, interval.max(SHORTEST_SLEEP)))
            }
            Err(error) => {
                tracing::warn!(%error, "sources could not be looked for; trying again later");
                interval
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            Some(host) = running.next(), if !running.is_empty() => busy.leave(&host),
            () = wanted(&mut hints) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    // What does not finish in time is fetched by another node, once its lease is over.
    tokio::time::timeout(PATIENCE, running.collect::<Vec<String>>()).await.ok();
}

/// How many fetches are under way on which host.
#[derive(Clone, Default)]
struct Busy(HashMap<String, usize>);

impl Busy {
    fn enter(&mut self, host: &str) {
        *self.0.entry(host.to_owned()).or_default() += 1;
    }

    fn leave(&mut self, host: &str) {
        if let Some(count) = self.0.get_mut(host) {
            *count = count.saturating_sub(1);
        }
        self.0.retain(|_, count| *count > 0);
    }

    fn in_all(&self) -> usize {
        self.0.values().sum()
    }

    /// The hosts that are asked for so much at once already.
    fn full(&self, per_host: usize) -> Vec<String> {
        self.0.iter().filter(|(_, count)| **count >= per_host.max(1)).map(|(host, _)| host.clone()).collect()
    }
}

/// Fetches one source, and gives the host that it was on.
async fn fetch(trust: Trust, fetching: Fetching, claim: Claim) -> String {
    if let Err(error) = trust.attempt(&fetching, &claim, None).await {
        // The lease runs out, and then it is tried again.
        tracing::warn!(%error, url = claim.url, "what came of a fetch could not be noted");
    }
    claim.host
}

/// Waits until a source may be due, and takes all the hints that say so at once.
async fn wanted(hints: &mut broadcast::Receiver<Hint>) {
    loop {
        match hints.recv().await {
            Ok(Hint::Source) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Trust {
    /// Leases sources that are due, as many as this node has room for, and says how long the next one will take to
    /// become due.
    async fn claim_sources(
        &self,
        fetching: &Fetching,
        mut busy: Busy,
    ) -> Result<(Vec<Claim>, Option<Duration>), StoreError> {
        let options = &fetching.0.options.fetch;
        let lease = fetching.lease();
        let mut claims = Vec::new();
        while busy.in_all() < options.concurrency.max(1) {
            let full = busy.full(options.concurrency_per_host);
            let claimed = self.store.transaction("source/claim", async |transaction| {
                match source::claim_untold(transaction, lease).await? {
                    Some(claim) => Ok(Some(claim)),
                    None => source::claim(transaction, lease, &full).await,
                }
            });
            let Some(claim) = claimed.await? else { break };
            busy.enter(&claim.host);
            claims.push(claim);
        }
        let (counts, next_due) = self
            .store
            .transaction("source/next_due", async |transaction| {
                Ok((source::counts(transaction).await?, source::next_due(transaction).await?))
            })
            .await?;
        self.metrics.sources(counts.0, counts.1);
        let until_due = next_due.map(|due| (due - self.store.clock().now()).to_std().unwrap_or_default());
        Ok((claims, until_due))
    }

    /// Fetches what is due, one source after the other, and says what came of each: for commands.
    pub async fn fetch_due(&self) -> Result<Vec<Attempt>, StoreError> {
        let Some(fetching) = &self.fetching else { return Ok(Vec::new()) };
        let mut attempts = Vec::new();
        loop {
            let (claims, _) = self.claim_sources(fetching, Busy::default()).await?;
            if claims.is_empty() {
                return Ok(attempts);
            }
            attempts.extend(self.attempt_all(fetching, &claims).await?);
        }
    }

    /// Fetches what verdicts want of a URL, due or not, and says what came of it; nothing if no verdict wants anything of
    /// it, or other nodes fetch it now.
    pub async fn fetch_url(&self, url: &str) -> Result<Vec<Attempt>, StoreError> {
        let Some(fetching) = &self.fetching else { return Ok(Vec::new()) };
        // Sources have one form of their URLs, whatever form certificates give them.
        let url = Reach::read(url).map_or_else(|_| url.to_owned(), String::from);
        let claimed = self.store.transaction("source/claim_url", async |transaction| {
            source::claim_url(transaction, fetching.lease(), &url).await
        });
        let claims = claimed.await?;
        self.attempt_all(fetching, &claims).await
    }

    async fn attempt_all(&self, fetching: &Fetching, claims: &[Claim]) -> Result<Vec<Attempt>, StoreError> {
        let attempts = claims.iter().map(|claim| self.attempt(fetching, claim, None));
        let attempts = futures_util::future::try_join_all(attempts).await?;
        Ok(attempts.into_iter().flatten().collect())
    }

    /// Forgets sources that no verdict wanted for long; gives how many.
    pub async fn forget_sources(&self) -> Result<u64, StoreError> {
        let forgotten = self
            .store
            .transaction("source/forget", async |transaction| source::forget(transaction, UNWANTED).await);
        forgotten.await
    }
}
