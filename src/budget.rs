//! What a node has for all of its users together: connections, streams, requests under way, octets in memory. Whoever
//! asks for more is told to come back later, by whatever door, and the node lives on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::telemetry::Metrics;

/// So much of something.
#[derive(Clone, Debug)]
pub struct Budget {
    what: &'static str,
    most: u64,
    taken: Arc<AtomicU64>,
    metrics: Metrics,
}

/// A part of a budget; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    amount: u64,
}

/// The node has not so much left of something at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This node has too many {what} at present.")]
pub struct Exhausted {
    what: &'static str,
}

impl Budget {
    /// At most `most` of `what`, which is the label of its metrics and stands in the text of its error.
    pub fn new(what: &'static str, most: u64, metrics: &Metrics) -> Self {
        Self { what, most, taken: Arc::default(), metrics: metrics.clone() }
    }

    /// Takes a part, or says that the node has not so much left.
    pub fn take(&self, amount: u64) -> Result<Share, Exhausted> {
        let mut share = Share { budget: self.clone(), amount: 0 };
        share.grow(amount)?;
        Ok(share)
    }

    /// Takes a part, or all that there is of the budget where even that is less: it is to be had when nobody else has any.
    pub fn take_at_most_all(&self, amount: u64) -> Result<Share, Exhausted> {
        self.take(amount.min(self.most))
    }

    /// An error if so much could not be taken now. It takes nothing, so nobody can hold what only was announced.
    pub fn check(&self, amount: u64) -> Result<(), Exhausted> {
        self.take(amount).map(drop)
    }
}

impl Share {
    /// Takes more.
    pub fn grow(&mut self, amount: u64) -> Result<(), Exhausted> {
        let Budget { what, most, taken, metrics } = &self.budget;
        let fits = |taken: u64| taken.checked_add(amount).filter(|sum| sum <= most);
        if taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
            metrics.refused(what);
            return Err(Exhausted { what });
        }
        self.amount += amount;
        metrics.in_use(what).add(i64::try_from(amount).unwrap_or(i64::MAX));
        Ok(())
    }

    /// Gives some of it back.
    pub fn shrink(&mut self, amount: u64) {
        let amount = amount.min(self.amount);
        self.amount -= amount;
        self.give_back(amount);
    }

    fn give_back(&self, amount: u64) {
        let Budget { what, taken, metrics, .. } = &self.budget;
        taken.fetch_sub(amount, Ordering::Relaxed);
        metrics.in_use(what).sub(i64::try_from(amount).unwrap_or(i64::MAX));
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_taken_again_and_no_more() {
        let budget = Budget::new("octets", 10, &Metrics::new());
        let mut first = budget.take(4).unwrap();
        assert!(first.grow(3).is_ok());
        let second = budget.take(3).unwrap();
        assert_eq!(budget.take(1).err(), Some(Exhausted { what: "octets" }));
        assert!(first.grow(1).is_err() && budget.check(1).is_err());
        drop(second);
        first.shrink(2);
        assert!(budget.take(5).is_ok() && budget.check(6).is_err());
        first.grow(2).ok().unwrap();
        assert!(first.grow(u64::MAX).is_err(), "a sum that overflows is no small one");
        assert!(budget.check(3).is_ok());
        drop(first);
        assert!(budget.take(10).is_ok());
        assert!(budget.take(11).is_err() && budget.take_at_most_all(11).is_ok());
    }

    #[test]
    fn metrics_tell_what_is_in_use_and_what_was_refused() {
        let metrics = Metrics::new();
        let share = Budget::new("requests", 1, &metrics).take(1);
        assert!(Budget::new("octets", 0, &metrics).take(1).is_err());
        let text = String::from_utf8(metrics.to_text()).unwrap();
        assert!(text.contains("signet_http_in_use{what=\"requests\"} 1"), "{text}");
        assert!(text.contains("signet_http_refused_total{what=\"octets\"} 1"), "{text}");
        drop(share);
        let text = String::from_utf8(metrics.to_text()).unwrap();
        assert!(text.contains("signet_http_in_use{what=\"requests\"} 0"), "{text}");
    }
}
