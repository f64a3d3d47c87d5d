//! What is due anywhere, in steps of bounded size that any node takes.

use std::cell::Cell;

use chrono::Duration;

use super::Trust;
use crate::store::StoreError;
use crate::store::signer::SignerId;
use crate::store::verdict::{claim_next, put_off};
use crate::store::verdict_move::{self, Moved, Step};
use crate::wire::ids::AccountId;

/// How many verdicts a step evaluates.
const VERDICTS: usize = 32;

/// How long a verdict or an account is left alone that a fault of the server keeps from being worked on.
const PUT_OFF: Duration = Duration::minutes(5);

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// The verdicts that were evaluated.
    pub verdicts: u64,
    /// The emails that changed.
    pub moved: Moved,
}

impl Trust {
    /// Takes a step: evaluates some verdicts that are due, and tells some emails of theirs. `None` if there is nothing
    /// of either that nobody else works on. What fails is put off, so that it does not keep others waiting.
    pub async fn work(&self) -> Result<Option<Worked>, StoreError> {
        let verdicts = self.evaluate_some().await?;
        let moved = self.walk_somewhere().await?;
        let worked = Worked { verdicts, moved: moved.unwrap_or_default() };
        self.metrics.verdict_moved(worked.moved.emails);
        Ok((verdicts > 0 || moved.is_some()).then_some(worked))
    }

    async fn evaluate_some(&self) -> Result<u64, StoreError> {
        match self.evaluate_at_most(VERDICTS, &Cell::default()).await {
            Err(error) if error.is_unavailable() => Err(error),
            Err(error) => {
                tracing::warn!(%error, "verdicts could not be evaluated together; trying each");
                self.evaluate_each().await
            }
            outcome => outcome,
        }
    }

    /// One verdict at a time, so that the one which fails is known.
    async fn evaluate_each(&self) -> Result<u64, StoreError> {
        let mut evaluated = 0;
        for _ in 0..VERDICTS {
            let claimed = Cell::default();
            match (self.evaluate_at_most(1, &claimed).await, claimed.get()) {
                (Ok(0), _) => break,
                (Ok(one), _) => evaluated += one,
                (Err(error), Some(signer)) if !error.is_unavailable() => {
                    tracing::warn!(%error, signer = signer.0, "a verdict could not be evaluated; put off");
                    let until = self.store.clock().now() + PUT_OFF;
                    self.store
                        .transaction("trust/put_off", async |transaction| {
                            put_off(transaction, signer, until).await
                        })
                        .await?;
                }
                (Err(error), _) => return Err(error),
            }
        }
        Ok(evaluated)
    }

    async fn evaluate_at_most(&self, most: usize, first: &Cell<Option<SignerId>>) -> Result<u64, StoreError> {
        let now = self.store.clock().now();
        self.store
            .transaction("trust/evaluate", async |transaction| {
                let claims = claim_next(transaction, now, most).await?;
                first.set(claims.first().map(|claim| claim.signer));
                let settled = self.settle(transaction, &claims, std::time::Duration::MAX).await?;
                Ok(settled.signers.len() as u64 + settled.again)
            })
            .await
    }

    async fn walk_somewhere(&self) -> Result<Option<Moved>, StoreError> {
        let claimed: Cell<Option<AccountId>> = Cell::default();
        let step = self.store.transaction("trust/walk", async |transaction| {
            claimed.set(verdict_move::claim_account(transaction).await?);
            match claimed.get() {
                Some(account) => verdict_move::step(transaction, account, self.pace.emails()).await.map(Some),
                None => Ok(None),
            }
        });
        match (step.await, claimed.get()) {
            (Err(error), Some(account)) if !error.is_unavailable() => {
                tracing::warn!(%error, %account, "an account could not be told of verdicts; put off");
                let until = self.store.clock().now() + PUT_OFF;
                self.store
                    .transaction("trust/put_off", async |transaction| {
                        verdict_move::put_off(transaction, account, until).await
                    })
                    .await?;
                Ok(Some(Moved::default()))
            }
            (outcome, _) => Ok(outcome?.map(|step| self.keep_pace(step))),
        }
    }

    /// Lets the next step be as long as it should, and gives the emails that changed in this one.
    pub(super) fn keep_pace(&self, step: Step) -> Moved {
        self.pace.learn(step.looked_at, step.held);
        step.moved
    }
}
