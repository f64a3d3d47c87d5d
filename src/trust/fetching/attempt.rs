//! One attempt to fetch a source that is leased: fetched, judged, stored, told.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::super::Trust;
use super::judge::{Failed, Learned, Stored};
use super::{Fetching, schedule};
use crate::store::signer::{SignerId, store_certificates};
use crate::store::source::{self, Claim, Content, Told};
use crate::store::trust;
use crate::store::{StoreError, Transaction};

/// Verdicts that are told of a source in one transaction.
const TOLD_AT_ONCE: i64 = 1000;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The URL.
    pub url: String,
    /// `ok` (something new), `unchanged`, or why it failed.
    pub outcome: &'static str,
    /// What that means; empty for what is good.
    pub detail: String,
    /// When it is tried next.
    pub next_at: DateTime<Utc>,
}

impl Attempt {
    /// Whether something came, or is still what it was.
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, "ok" | "unchanged")
    }
}

impl Trust {
    /// Fetches a source that is leased, if it is due, and ends the lease. With `until`, a fetch that takes longer is
    /// broken off: the lease ends as if it had never been, and another node may try; `None` then, and where another
    /// node took the source over.
    pub(super) async fn attempt(
        &self,
        fetching: &Fetching,
        claim: &Claim,
        until: Option<Instant>,
    ) -> Result<Option<Attempt>, StoreError> {
        if !claim.is_due {
            self.tell_verdicts(claim).await?;
            return Ok(None);
        }
        let started = Instant::now();
        let learning = self.learn(fetching, claim);
        let learned = match until {
            None => learning.await?,
            Some(until) => match tokio::time::timeout_at(until.into(), learning).await {
                Ok(learned) => learned?,
                Err(_) => {
                    self.release(claim).await?;
                    return Ok(None);
                }
            },
        };
        let attempt = self.note(claim, &learned).await?;
        if let Some(attempt) = &attempt {
            self.metrics.fetch(claim.kind.as_str(), attempt.outcome, started.elapsed());
            self.tell_verdicts(claim).await?;
            match learned.map(|learned| learned.stored) {
                Ok(Stored::Crl(record)) => self.supersede_crls(record).await?,
                Ok(Stored::Ocsp(record, not_after)) => self.supersede_responses(&record, not_after).await?,
                _ => {}
            }
        }
        Ok(attempt)
    }

    /// Stores what came and notes the attempt; `None` if another node has the source by now.
    async fn note(
        &self,
        claim: &Claim,
        learned: &Result<Learned, Failed>,
    ) -> Result<Option<Attempt>, StoreError> {
        let noted = self.store.transaction("source/note", async |transaction| match learned {
            Ok(learned) => note_success(transaction, claim, learned).await,
            Err(failed) => note_failure(transaction, claim, failed).await,
        });
        let attempt = noted.await?;
        match &attempt {
            Some(attempt) if learned.is_err() => tracing::info!(
                kind = claim.kind.as_str(),
                url = claim.url,
                error = attempt.outcome,
                detail = attempt.detail,
                failures = claim.attempts + 1,
                next_at = %attempt.next_at,
                "evidence could not be fetched"
            ),
            Some(attempt) => tracing::info!(
                kind = claim.kind.as_str(),
                url = claim.url,
                outcome = attempt.outcome,
                next_at = %attempt.next_at,
                "evidence was fetched"
            ),
            None => tracing::info!(url = claim.url, "a lease ran out before the fetch was over"),
        }
        Ok(attempt)
    }

    /// Makes the verdicts due that want the source, and ends the lease.
    async fn tell_verdicts(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut after = SignerId(i64::MIN);
        loop {
            let told = self.store.transaction("source/tell", async |transaction| {
                source::tell(transaction, claim, after, TOLD_AT_ONCE).await
            });
            match told.await? {
                Told::UpTo(signer) => after = signer,
                Told::All => return Ok(()),
            }
        }
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let released = self.store.transaction("source/release", async |transaction| {
            source::release(transaction, claim).await?;
            source::notify(transaction).await
        });
        released.await
    }
}

async fn note_success(
    transaction: &Transaction<'_>,
    claim: &Claim,
    learned: &Learned,
) -> Result<Option<Attempt>, StoreError> {
    let added = match &learned.stored {
        Stored::Crl(record) => trust::store_crls(transaction, std::slice::from_ref(record)).await?,
        Stored::Ocsp(record, _) => trust::store_ocsp(transaction, std::slice::from_ref(record)).await?,
        Stored::Issuers(records) => {
            store_certificates(transaction, &records.iter().collect::<Vec<_>>()).await?
        }
        Stored::Unchanged => 0,
    };
    let content = Content { is_new: learned.content.is_new || added > 0, ..learned.content.clone() };
    let next_at =
        schedule::after_success(claim.kind, transaction.now(), content.this_update, content.next_update);
    let is_mine = source::succeed(transaction, claim, &content, next_at).await?;
    let outcome = if content.is_new { "ok" } else { "unchanged" };
    Ok(is_mine.then(|| Attempt { url: claim.url.clone(), outcome, detail: String::new(), next_at }))
}

async fn note_failure(
    transaction: &Transaction<'_>,
    claim: &Claim,
    failed: &Failed,
) -> Result<Option<Attempt>, StoreError> {
    let wait = schedule::after_failure(
        claim.kind,
        claim.attempts.saturating_add(1),
        failed.is_lasting,
        failed.retry_after,
        jitter(),
    );
    let next_at = transaction.now() + chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::days(1));
    let is_mine = source::fail(transaction, claim, failed.code, &failed.detail, next_at).await?;
    Ok(is_mine.then(|| Attempt {
        url: claim.url.clone(),
        outcome: failed.code,
        detail: failed.detail.clone(),
        next_at,
    }))
}

/// From 0 to 1.
fn jitter() -> f64 {
    let mut random = [0; 4];
    // Without random numbers nothing is spread, and all else holds.
    openssl::rand::rand_bytes(&mut random).ok();
    f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)
}
