//! What monitoring asks of the database: when upkeep was done last, and what waits.

use std::time::Duration;

use super::Upkeep;
use crate::store::gauges::hurry;
use crate::store::upkeep::{count_orphans, standing};

/// How long whoever scrapes metrics waits.
const LONGEST: Duration = Duration::from_secs(1);

/// Orphans beyond these are not counted.
const MOST_COUNTED: i64 = 100_000;

impl Upkeep {
    /// Reads the gauges. What the database does not tell in time is not known, and is told to be so.
    pub async fn tell_gauges(&self) {
        let read = self.store.transaction("upkeep/standing", async |transaction| {
            hurry(transaction, LONGEST).await?;
            Ok((standing(transaction).await?, count_orphans(transaction, MOST_COUNTED).await?))
        });
        let now = self.store.clock().now();
        let known = match tokio::time::timeout(LONGEST, read).await {
            Ok(Ok((finished, orphans))) => {
                let seconds = finished
                    .into_iter()
                    .filter_map(|finished| Some((finished.task, (now - finished.at?).num_seconds())));
                Some((seconds.collect(), orphans))
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "metrics lack what the database knows of upkeep");
                None
            }
            Err(_) => None,
        };
        self.metrics.upkeep_standing(known);
    }
}
