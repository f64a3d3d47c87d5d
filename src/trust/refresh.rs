//! Making stale verdicts fresh: one signer at a time, each in a transaction that also writes what it changes.

use std::time::Instant;

use chrono::{DateTime, Duration, Utc};

use super::Trust;
use crate::smime::{Certificate, Code, Explanation, Intervals, Problem, TrustMaterial, Verdict, explain};
use crate::store::proof;
use crate::store::signer::{SignerId, stale_among, stale_for_account, stale_for_emails};
use crate::store::verdict::{Claim, Moved, apply, claim, claim_next, material};
use crate::store::{StoreError, Transaction};
use crate::wire::ids::{AccountId, EmailId};

/// How many stale signers one look at an account brings.
const BATCH: i64 = 256;

/// Whether everything that was asked for is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Every verdict is fresh.
    Fresh,
    /// The deadline passed first; what is stored is the best answer there is.
    DeadlinePassed,
}

impl Trust {
    /// Makes the verdicts fresh that these emails rest on.
    pub async fn refresh_emails(
        &self,
        account: AccountId,
        emails: &[EmailId],
    ) -> Result<Freshness, StoreError> {
        let now = self.store.clock().now();
        let stale = self
            .store
            .transaction("trust/stale_for_emails", async |transaction| {
                stale_for_emails(transaction, account, emails, now).await
            })
            .await?;
        self.refresh_until(&stale, Instant::now() + self.deadline).await
    }

    /// Makes the verdicts fresh that any email of the account rests on.
    pub async fn refresh_account(&self, account: AccountId) -> Result<Freshness, StoreError> {
        let deadline = Instant::now() + self.deadline;
        loop {
            let now = self.store.clock().now();
            let stale = self
                .store
                .transaction("trust/stale_for_account", async |transaction| {
                    stale_for_account(transaction, account, now, BATCH).await
                })
                .await?;
            if stale.is_empty() {
                return Ok(Freshness::Fresh);
            }
            if self.refresh_until(&stale, deadline).await? == Freshness::DeadlinePassed {
                return Ok(Freshness::DeadlinePassed);
            }
        }
    }

    /// Makes those verdicts of these signers fresh that are due.
    pub async fn refresh_signers(&self, signers: &[SignerId]) -> Result<Freshness, StoreError> {
        if signers.is_empty() {
            return Ok(Freshness::Fresh);
        }
        let now = self.store.clock().now();
        let stale = self
            .store
            .transaction("trust/stale_among", async |transaction| {
                stale_among(transaction, signers, now).await
            })
            .await?;
        self.refresh_until(&stale, Instant::now() + self.deadline).await
    }

    /// Refreshes the verdict that is due for longest; `None` if there is none that nobody works on.
    pub async fn refresh_next(&self) -> Result<Option<Moved>, StoreError> {
        let now = self.store.clock().now();
        self.store
            .transaction("trust/refresh_next", async |transaction| {
                match claim_next(transaction, now).await? {
                    Some(claim) => self.settle(transaction, &claim).await.map(Some),
                    None => Ok(None),
                }
            })
            .await
    }

    async fn refresh_until(&self, signers: &[SignerId], deadline: Instant) -> Result<Freshness, StoreError> {
        for signer in signers {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Freshness::DeadlinePassed);
            }
            match self.refresh_signer(*signer, left).await {
                // Whoever holds the lock moves many messages; what is stored is the best answer until then.
                Err(error) if error.is_lock_timeout() => return Ok(Freshness::DeadlinePassed),
                outcome => outcome?,
            }
        }
        Ok(Freshness::Fresh)
    }

    async fn refresh_signer(&self, signer: SignerId, wait: std::time::Duration) -> Result<(), StoreError> {
        let now = self.store.clock().now();
        self.store
            .transaction("trust/refresh", async |transaction| {
                // Another node may have been first: then there is nothing left to do.
                if let Some(claim) = claim(transaction, signer, now, wait).await? {
                    self.settle(transaction, &claim).await?;
                }
                Ok(())
            })
            .await
    }

    async fn settle(&self, transaction: &Transaction<'_>, claim: &Claim) -> Result<Moved, StoreError> {
        let (leaf, material) = material(transaction, claim.signer).await?;
        let explanation = self.explain(leaf, material, transaction.now()).await;
        proof::note(transaction, &[(claim.signer, &explanation)]).await?;
        apply(transaction, claim, &explanation).await
    }

    /// Evaluates away from the threads that serve requests: a chain of RSA keys costs milliseconds.
    async fn explain(&self, leaf: Certificate, material: TrustMaterial, now: DateTime<Utc>) -> Explanation {
        let policy = self.policy.clone();
        let work = tokio::task::spawn_blocking(move || explain(&leaf, &material, &policy, now));
        work.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "the evaluation of a chain panicked");
            unevaluated(now)
        })
    }
}

/// A chain that cannot be evaluated is not good, and it is tried again before long.
fn unevaluated(now: DateTime<Utc>) -> Explanation {
    Explanation {
        verdict: Verdict {
            problems: vec![Problem::new(Code::InvalidChain).with("rule", "evaluation")],
            good: Intervals::default(),
            undetermined: Intervals(vec![(None, None)]),
            expires_at: now + Duration::hours(1),
        },
        path: Vec::new(),
        evidence: Vec::new(),
        wanted: Vec::new(),
    }
}
