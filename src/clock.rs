//! The one source of time. Whatever depends on the time takes a [`Clock`], so that it can be tested at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Tells the time: the machine's, or one that stands still until it is moved.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `at` until [`Clock::set`] moves it. Clones share it.
    pub fn frozen(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// The present, in whole microseconds: what PostgreSQL's timestamptz can hold.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Some(frozen) => frozen.load(Ordering::SeqCst),
            None => system_now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a frozen clock; the machine's clock cannot be moved, and stays as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(frozen) = &self.0 {
            frozen.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_set_and_its_clones_follow() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let clock = Clock::frozen(at);
        let clone = clock.clone();
        assert_eq!(clock.now(), at);
        clock.set(at + chrono::Duration::days(1));
        assert_eq!(clone.now(), at + chrono::Duration::days(1));
    }
}
