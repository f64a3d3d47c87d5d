//! The metrics of upkeep.

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec};

use super::Metrics;
use super::registry::{Known, Register};

#[derive(Clone, Debug)]
pub(super) struct UpkeepMetrics {
    removed: IntCounterVec,
    octets: IntCounter,
    finished: IntGaugeVec,
    orphans: Known,
}

impl UpkeepMetrics {
    pub(super) fn new(register: &Register) -> Self {
        Self {
            removed: register.counter(
                "signet_upkeep_removed_total",
                "Rows that upkeep removed, by task (changes, uploads, orphans, thread_keys, evidence, submissions, reverifications).",
                &["task"],
            ),
            octets: register.count(
                "signet_upkeep_removed_octets_total",
                "Octets of the blobs that upkeep removed.",
            ),
            finished: register.gauges(
                "signet_upkeep_finished_seconds",
                "How long ago upkeep came to the end of each task; of all nodes.",
                "task",
            ),
            orphans: register.known(
                "signet_upkeep_orphans",
                "Blobs that lost a reference and may have none left, up to 100000; of all nodes.",
            ),
        }
    }
}

impl Metrics {
    /// Notes what a step of upkeep removed.
    pub fn upkeep_removed(&self, task: &str, rows: u64, octets: u64) {
        if rows > 0 {
            self.upkeep.removed.with_label_values(&[task]).inc_by(rows);
            self.upkeep.octets.inc_by(octets);
        }
    }

    /// Notes how long ago each task came to its end, and how many blobs may be orphaned; `None` is not known.
    pub fn upkeep_standing(&self, known: Option<(Vec<(String, i64)>, i64)>) {
        self.upkeep.finished.reset();
        self.upkeep.orphans.set(known.as_ref().map(|(_, orphans)| *orphans));
        for (task, seconds) in known.into_iter().flat_map(|(finished, _)| finished) {
            self.upkeep.finished.with_label_values(&[task.as_str()]).set(seconds);
        }
    }
}
