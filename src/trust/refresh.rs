//! What requests and deliveries need to be fresh, within their deadline.

use std::time::{Duration, Instant};

use futures_util::future::try_join3;

use super::Trust;
use super::fetching::{Fetching, Waited};
use crate::store::StoreError;
use crate::store::signer::{SignerId, Stale, Whose, stale_among, stale_for_account, stale_for_emails};
use crate::store::source::{waiting_among, waiting_for_account, waiting_for_emails};
use crate::store::verdict::claim;
use crate::store::verdict_move::{self, Ahead};
use crate::wire::ids::{AccountId, EmailId};

/// How many stale signers one look at an account brings.
const BATCH: i64 = 256;
/// How many verdicts are locked at once.
const MOST_CLAIMS: usize = 32;

/// Whoever asks about a whole account does not wait for more than this of what a change of anchors or evidence has under
/// way: verdicts, walks, and emails of these walks. Workers are at it, and until then what is stored was true before.
const FEW_VERDICTS: usize = 32;
const FEW_WALKS: i64 = 32;
const FEW_EMAILS: i64 = 500;

/// Whether everything that was asked for is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Every verdict is fresh, and the emails have heard of it.
    Fresh,
    /// The deadline passed first, or so much is under way that it was not waited for; what is stored is the best answer
    /// there is.
    DeadlinePassed,
}

impl Trust {
    /// Makes the verdicts fresh that these emails rest on, and the emails right by them.
    pub async fn refresh_emails(
        &self,
        account: AccountId,
        emails: &[EmailId],
    ) -> Result<Freshness, StoreError> {
        self.refresh_signers_of(account, emails, Whose::Senders).await
    }

    /// Makes the verdicts fresh on all signers of these emails, also on those that decide nothing, and the emails right
    /// by them.
    pub async fn refresh_signatures(
        &self,
        account: AccountId,
        emails: &[EmailId],
    ) -> Result<Freshness, StoreError> {
        self.refresh_signers_of(account, emails, Whose::All).await
    }

    async fn refresh_signers_of(
        &self,
        account: AccountId,
        emails: &[EmailId],
        whose: Whose,
    ) -> Result<Freshness, StoreError> {
        let deadline = Instant::now() + self.deadline;
        let now = self.store.clock().now();
        let look = self.store.snapshot("trust/stale_for_emails", async |transaction| {
            let stale = stale_for_emails(transaction, account, emails, whose, now);
            let is_pending = verdict_move::is_any_pending(transaction, account, emails);
            try_join3(stale, is_pending, waiting_for_emails(transaction, account, emails)).await
        });
        let (stale, is_pending, waiting) = look.await?;
        // As a rule nothing is due, and one look tells all of it.
        if stale.is_empty() && !is_pending && waiting.is_empty() {
            return Ok(Freshness::Fresh);
        }
        if self.refresh_until(&stale, deadline).await? == Freshness::DeadlinePassed {
            return Ok(Freshness::DeadlinePassed);
        }
        let waiting = async || {
            let waiting = self.store.transaction("trust/waiting_for_emails", async |transaction| {
                waiting_for_emails(transaction, account, emails).await
            });
            waiting.await
        };
        let waited = self.settle_waiting(waiting, deadline).await?;
        if stale.is_empty() && !is_pending && waited == Waited::ForNothing {
            return Ok(Freshness::Fresh);
        }
        let told = self.tell(account, emails, deadline).await?;
        Ok(if waited == Waited::InVain { Freshness::DeadlinePassed } else { told })
    }

    /// Makes the verdicts fresh that any email of the account rests on, and the emails right by them; but does not wait
    /// for much that a change of anchors or evidence has under way.
    pub async fn refresh_account(&self, account: AccountId) -> Result<Freshness, StoreError> {
        let deadline = Instant::now() + self.deadline;
        loop {
            let now = self.store.clock().now();
            let look = self.store.snapshot("trust/stale_for_account", async |transaction| {
                let stale = stale_for_account(transaction, account, now, BATCH);
                let ahead = verdict_move::ahead(transaction, account, FEW_WALKS + 1);
                try_join3(stale, ahead, waiting_for_account(transaction, account, BATCH)).await
            });
            let (stale, ahead, waiting) = look.await?;
            if stale.is_empty() && ahead.walks == 0 && waiting.is_empty() {
                return Ok(Freshness::Fresh);
            }
            if stale.is_empty() && ahead.walks == 0 {
                let waiting = async || {
                    let waiting = self.store.transaction("trust/waiting_for_account", async |transaction| {
                        waiting_for_account(transaction, account, BATCH).await
                    });
                    waiting.await
                };
                match self.settle_waiting(waiting, deadline).await? {
                    Waited::ForNothing => return Ok(Freshness::Fresh),
                    Waited::InVain => return Ok(Freshness::DeadlinePassed),
                    // What was settled has emails to tell of it.
                    Waited::ForEvidence => continue,
                }
            }
            let is_much = is_much(&stale, ahead);
            let waited_for = stale.iter().filter(|stale| !is_much || !stale.is_under_way);
            let waited_for: Vec<SignerId> = waited_for.map(|stale| stale.signer).collect();
            if !waited_for.is_empty() {
                if self.refresh_until(&waited_for, deadline).await? == Freshness::DeadlinePassed {
                    return Ok(Freshness::DeadlinePassed);
                }
                // Only now it is known how many emails have something to hear.
                continue;
            }
            if is_much || self.walk_over(account, deadline).await? == Freshness::DeadlinePassed {
                return Ok(Freshness::DeadlinePassed);
            }
        }
    }

    /// Makes those verdicts of these signers fresh that are due, for a delivery: what they lack of evidence is waited for
    /// no longer than the operator lets deliveries wait for the network.
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
        let deadline = Instant::now() + self.deadline;
        let freshness = self.refresh_until(&stale, deadline).await?;
        let wait = self.fetching.as_ref().map(Fetching::delivery_wait).unwrap_or_default();
        if freshness == Freshness::DeadlinePassed || wait.is_zero() {
            return Ok(freshness);
        }
        let waiting = async || {
            let waiting = self.store.transaction("trust/waiting_among", async |transaction| {
                waiting_among(transaction, signers).await
            });
            waiting.await
        };
        match self.settle_waiting(waiting, deadline.min(Instant::now() + wait)).await? {
            Waited::InVain => Ok(Freshness::DeadlinePassed),
            Waited::ForNothing | Waited::ForEvidence => Ok(Freshness::Fresh),
        }
    }

    pub(super) async fn refresh_until(
        &self,
        signers: &[SignerId],
        deadline: Instant,
    ) -> Result<Freshness, StoreError> {
        let mut left = signers.to_vec();
        while !left.is_empty() {
            let Some(wait) = time_to(deadline) else { return Ok(Freshness::DeadlinePassed) };
            let some = left.split_off(left.len().saturating_sub(MOST_CLAIMS));
            match self.refresh_some(&some, wait).await {
                // Whoever holds a lock does the same work; what is stored is the best answer until then.
                Err(error) if error.is_lock_timeout() => return Ok(Freshness::DeadlinePassed),
                outcome => left.extend(outcome?),
            }
        }
        Ok(Freshness::Fresh)
    }

    /// Gives the signers that there was no time for.
    async fn refresh_some(&self, signers: &[SignerId], wait: Duration) -> Result<Vec<SignerId>, StoreError> {
        let now = self.store.clock().now();
        self.store
            .transaction("trust/refresh", async |transaction| {
                // Another node may have been first: then there is nothing left to do.
                let claims = claim(transaction, signers, now, wait).await?;
                let settled = self.settle(transaction, &claims, wait).await?;
                let missed = claims.iter().map(|claim| claim.signer);
                Ok(missed.filter(|signer| !settled.signers.contains(signer)).collect())
            })
            .await
    }

    /// Makes these emails right by their verdicts, ahead of the walks that will come to them.
    async fn tell(
        &self,
        account: AccountId,
        emails: &[EmailId],
        deadline: Instant,
    ) -> Result<Freshness, StoreError> {
        let Some(wait) = time_to(deadline) else { return Ok(Freshness::DeadlinePassed) };
        let told = self.store.transaction("trust/tell", async |transaction| {
            verdict_move::tell(transaction, account, emails, wait).await
        });
        match told.await {
            Err(error) if error.is_lock_timeout() => Ok(Freshness::DeadlinePassed),
            outcome => {
                self.metrics.verdict_moved(outcome?.emails);
                Ok(Freshness::Fresh)
            }
        }
    }

    /// Walks over the account until all its emails are right by their verdicts.
    async fn walk_over(&self, account: AccountId, deadline: Instant) -> Result<Freshness, StoreError> {
        loop {
            let Some(wait) = time_to(deadline) else { return Ok(Freshness::DeadlinePassed) };
            let step = self.store.transaction("trust/walk", async |transaction| {
                verdict_move::step_when_free(transaction, account, self.pace.emails(), wait).await
            });
            match step.await {
                Err(error) if error.is_lock_timeout() => return Ok(Freshness::DeadlinePassed),
                Ok(None) => return Ok(Freshness::Fresh),
                outcome => {
                    let moved = self.keep_pace(outcome?.unwrap_or_default());
                    self.metrics.verdict_moved(moved.emails);
                }
            }
        }
    }
}

/// Whether more is under way than whoever asks about a whole account should wait for.
fn is_much(stale: &[Stale], ahead: Ahead) -> bool {
    stale.iter().filter(|stale| stale.is_under_way).count() > FEW_VERDICTS
        || ahead.walks > FEW_WALKS
        || ahead.emails > FEW_EMAILS
}

/// How long it is to the deadline, if it has not passed.
fn time_to(deadline: Instant) -> Option<Duration> {
    Some(deadline.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}
