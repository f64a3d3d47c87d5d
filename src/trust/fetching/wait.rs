//! Requests that need an exact answer, and deliveries if the operator lets them, wait for what verdicts lack.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::super::Trust;
use super::Fetching;
use crate::store::StoreError;
use crate::store::signer::{SignerId, stale_among};
use crate::store::source;

/// How often somebody who waits for another node looks whether it is done.
const LOOK: Duration = Duration::from_millis(50);
/// Sources that one request fetches at once.
const AT_ONCE: i64 = 16;

/// How a wait for evidence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::trust) enum Waited {
    /// There was nothing to wait for.
    ForNothing,
    /// What the verdicts lacked was tried for, and they are settled.
    ForEvidence,
    /// The deadline passed first.
    InVain,
}

impl Trust {
    /// Fetches what the verdicts lack that `waiting` finds, or waits for the nodes that do, and evaluates them, until
    /// none waits any more or the deadline is past.
    pub(in crate::trust) async fn settle_waiting(
        &self,
        waiting: impl AsyncFn() -> Result<Vec<SignerId>, StoreError>,
        deadline: Instant,
    ) -> Result<Waited, StoreError> {
        let Some(fetching) = &self.fetching else { return Ok(Waited::ForNothing) };
        let mut waited = Waited::ForNothing;
        loop {
            let signers = waiting().await?;
            if signers.is_empty() {
                return Ok(waited);
            }
            waited = Waited::ForEvidence;
            if Instant::now() >= deadline {
                return Ok(Waited::InVain);
            }
            let has_fetched = self.fetch_for(fetching, &signers, deadline).await?;
            let now = self.store.clock().now();
            let due = self.store.transaction("trust/stale_among", async |transaction| {
                stale_among(transaction, &signers, now).await
            });
            let due = due.await?;
            if !due.is_empty() {
                self.refresh_until(&due, deadline).await?;
            } else if !has_fetched {
                let left = deadline.saturating_duration_since(Instant::now());
                tokio::time::sleep(LOOK.min(left)).await;
            }
        }
    }

    /// Fetches what these verdicts lack and nobody else fetches; whether there was any such.
    async fn fetch_for(
        &self,
        fetching: &Fetching,
        signers: &[SignerId],
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let claimed = self.store.transaction("source/claim_missing", async |transaction| {
            source::claim_missing(transaction, fetching.lease(), signers, AT_ONCE).await
        });
        let claims = claimed.await?;
        let attempts = claims.iter().map(|claim| self.attempt(fetching, claim, Some(deadline)));
        for outcome in join_all(attempts).await {
            outcome?;
        }
        Ok(!claims.is_empty())
    }
}
