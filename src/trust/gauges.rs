//! What monitoring asks of the database: how far verdicts are behind, and how old the evidence is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use super::Trust;
use crate::store::StoreError;
use crate::store::gauges::{EvidenceAges, WaitingVerdicts, evidence_ages, hurry, waiting_verdicts};

/// How long whoever scrapes metrics waits for what the database knows.
const LONGEST: Duration = Duration::from_secs(2);
/// How long one statement may take.
const LONGEST_STATEMENT: Duration = Duration::from_secs(1);
/// Evidence is looked at anew after so long: it gets older by the second, and is read from all of its rows.
const EVIDENCE_LASTS: Duration = Duration::from_secs(60);
/// How long the end of an issuer's evidence is told. An issuer that was given up would ring for ever.
const EXPIRY_IS_NEWS: TimeDelta = TimeDelta::days(30);

/// The ages of evidence as they were found last, and when that was.
#[derive(Clone, Default)]
pub(super) struct Remembered(Arc<Mutex<Option<(Instant, EvidenceAges)>>>);

impl Trust {
    /// Reads the gauges that need the database, for a worker that wakes at this interval. What it does not tell in time
    /// is not known, and is told to be so.
    pub async fn tell_gauges(&self, interval: Duration) {
        let read = async { tokio::join!(self.waiting(interval), self.evidence_ages()) };
        let (waiting, evidence) = tokio::time::timeout(LONGEST, read).await.unwrap_or_default();
        let now = self.store.clock().now();
        self.metrics.verdicts_waiting(waiting.map(|it| it.due), waiting.map(|it| it.stale));
        let oldest = evidence.and_then(|it| it.oldest).map(|at| (now - at).num_seconds());
        self.metrics.evidence(oldest, evidence.map(|it| it.expired));
    }

    async fn waiting(&self, interval: Duration) -> Option<WaitingVerdicts> {
        let now = self.store.clock().now();
        let stale = now - TimeDelta::from_std(2 * interval).unwrap_or(TimeDelta::zero());
        let read = self.store.transaction("trust/waiting_verdicts", async |transaction| {
            hurry(transaction, LONGEST_STATEMENT).await?;
            waiting_verdicts(transaction, now, stale).await
        });
        known(read.await)
    }

    async fn evidence_ages(&self) -> Option<EvidenceAges> {
        if let Some((at, ages)) = *self.evidence.0.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < EVIDENCE_LASTS
        {
            return Some(ages);
        }
        let now = self.store.clock().now();
        let read = self.store.transaction("trust/evidence_ages", async |transaction| {
            hurry(transaction, LONGEST_STATEMENT).await?;
            evidence_ages(transaction, now, now - EXPIRY_IS_NEWS).await
        });
        let ages = known(read.await)?;
        *self.evidence.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), ages));
        Some(ages)
    }
}

fn known<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, "metrics lack what the database knows")).ok()
}
