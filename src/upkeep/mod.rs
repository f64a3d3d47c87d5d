//! Upkeep: what nobody needs any more goes, on whichever node, in steps that keep nobody waiting for long.
//!
//! Each [`Task`] is a walk over a table ([`crate::store::upkeep`]). A node takes steps of what is due, and between them it
//! rests for as long as they took; so upkeep never takes more than half of one connection.

mod gauges;
mod task;
mod worker;

use std::sync::Arc;

use chrono::TimeDelta;

pub use crate::store::upkeep::Mode;
pub use task::Task;
pub use worker::run as run_worker;

use crate::store::upkeep::{self, Place, Step};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// What an operator chooses of upkeep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpkeepOptions {
    /// How long changes are known to /changes.
    pub change_age: TimeDelta,
    /// How many changes of an account are known at most.
    pub max_changes: i64,
    /// How long an upload is its login's.
    pub upload_age: TimeDelta,
    /// How long a blob stays that nobody refers to.
    pub blob_grace: TimeDelta,
    /// How long a submission is told of after it was to be sent; `None` is for ever.
    pub submission_age: Option<TimeDelta>,
    /// How long evidence is kept that came with mail and that nobody ever believed.
    pub evidence_age: TimeDelta,
    /// Rows that a step removes at most.
    pub batch: i64,
}

impl Default for UpkeepOptions {
    fn default() -> Self {
        Self {
            change_age: TimeDelta::days(30),
            max_changes: 1_000_000,
            upload_age: TimeDelta::days(30),
            blob_grace: TimeDelta::days(1),
            submission_age: Some(TimeDelta::days(365)),
            evidence_age: TimeDelta::days(90),
            batch: 1000,
        }
    }
}

/// Keeps the database. Clones share everything.
#[derive(Clone)]
pub struct Upkeep {
    store: Store,
    options: Arc<UpkeepOptions>,
    metrics: Metrics,
}

/// What a walk removed, from its beginning to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Rows.
    pub rows: u64,
    /// Octets of the blobs among them.
    pub octets: u64,
}

impl Upkeep {
    /// Upkeep of the database of `store`.
    pub fn new(store: Store, options: UpkeepOptions, metrics: Metrics) -> Self {
        Self { store, options: Arc::new(options), metrics }
    }

    /// Takes a step of a task, from where any node left it. `None` if it is not due, or another node takes one.
    pub async fn step(&self, task: Task) -> Result<Option<Step>, StoreError> {
        let step = self
            .store
            .transaction("upkeep/step", async |transaction| {
                let Some(place) = upkeep::claim(transaction, task.name()).await? else { return Ok(None) };
                let step = task.step(transaction, &place, &self.options, Mode::Real).await?;
                match &step.next {
                    Some(place) => upkeep::advance(transaction, task.name(), place).await?,
                    None => {
                        let due_at = transaction.now() + task.rest(&self.options);
                        upkeep::finish(transaction, task.name(), due_at).await?;
                    }
                }
                Ok(Some(step))
            })
            .await?;
        if let Some(step) = &step {
            self.metrics.upkeep_removed(task.name(), step.removed, step.octets);
        }
        Ok(step)
    }

    /// Walks from beginning to end, whether that is due or not, and beside the nodes that may do the same.
    pub async fn walk(&self, task: Task, mode: Mode) -> Result<Removed, StoreError> {
        let (mut removed, mut place) = (Removed::default(), Some(Place::default()));
        while let Some(from) = place {
            let step = self
                .store
                .transaction("upkeep/walk", async |transaction| match mode {
                    Mode::Rehearsal => {
                        upkeep::rehearse(transaction, async || {
                            task.step(transaction, &from, &self.options, mode).await
                        })
                        .await
                    }
                    Mode::Real => {
                        let step = task.step(transaction, &from, &self.options, mode).await?;
                        if step.next.is_none() {
                            let due_at = transaction.now() + task.rest(&self.options);
                            upkeep::finish(transaction, task.name(), due_at).await?;
                        }
                        Ok(step)
                    }
                })
                .await?;
            removed.rows += step.removed;
            removed.octets += step.octets;
            place = step.next;
        }
        Ok(removed)
    }
}
