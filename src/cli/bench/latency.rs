//! How long things took: exact percentiles of all measurements.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Measurements.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies(Vec<Duration>);

/// What is told of them, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Percentiles {
    /// How many there are.
    pub(super) count: usize,
    /// Half of them took no longer.
    pub(super) p50_ms: f64,
    /// 95 of 100 took no longer.
    pub(super) p95_ms: f64,
    /// 99 of 100 took no longer.
    pub(super) p99_ms: f64,
    /// The longest.
    pub(super) max_ms: f64,
}

impl Latencies {
    /// One more.
    pub(super) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Those of another.
    pub(super) fn extend(&mut self, others: &Self) {
        self.0.extend(&others.0);
    }

    /// The smallest measurements that so many of a hundred do not exceed (nearest rank).
    pub(super) fn percentiles(&self) -> Percentiles {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).map_or(0.0, |took| rounded(took.as_secs_f64() * 1000.0))
        };
        Percentiles { count: sorted.len(), p50_ms: at(50), p95_ms: at(95), p99_ms: at(99), max_ms: at(100) }
    }
}

/// To three places after the point.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measurements_that_were_made() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentiles(), Percentiles::default());
        for milliseconds in (1..=200).rev() {
            latencies.add(Duration::from_millis(milliseconds));
        }
        let expected = Percentiles { count: 200, p50_ms: 100.0, p95_ms: 190.0, p99_ms: 198.0, max_ms: 200.0 };
        assert_eq!(latencies.percentiles(), expected);
        let mut one = Latencies::default();
        one.add(Duration::from_micros(1500));
        let all = one.percentiles();
        assert_eq!((all.p50_ms, all.p99_ms, all.max_ms), (1.5, 1.5, 1.5));
    }
}
