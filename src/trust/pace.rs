//! How many emails a step tells, so that nobody waits long for the account that it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long a step should hold its account.
const AIM: Duration = Duration::from_millis(15);
/// What the first step of a node tells, which knows nothing of the machine yet.
const FIRST: u32 = 100;
/// No step tells fewer or more, however long they take.
const BOUNDS: (u32, u32) = (16, 1000);

/// The pace of one node: the number of emails that took about as long as they should. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<AtomicU32>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(FIRST)))
    }
}

impl Pace {
    /// How many emails the next step may look at.
    pub(super) fn emails(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Learns from a step that looked at so many emails and held its account for so long. One that was not full says
    /// little, unless it took too long.
    pub(super) fn learn(&self, looked_at: u32, held: Duration) {
        let most = self.emails();
        if looked_at == 0 || (looked_at < most && held <= AIM) {
            return;
        }
        let fitting = f64::from(looked_at) * AIM.as_secs_f64() / held.as_secs_f64().max(1e-6);
        // Halfway there: one step may have met a busy moment.
        let next = ((f64::from(most) + fitting.min(f64::from(BOUNDS.1))) / 2.0) as u32;
        self.0.store(next.clamp(BOUNDS.0, BOUNDS.1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_become_as_long_as_they_should_be() {
        let pace = Pace::default();
        for (microseconds, expected) in [(10, 1000), (100, 150), (300, 50), (10_000, 16)] {
            for _ in 0..30 {
                let emails = pace.emails();
                pace.learn(emails, Duration::from_micros(microseconds) * emails);
            }
            let reached = pace.emails();
            assert!(reached.abs_diff(expected) <= 1, "{reached} at {microseconds} µs each");
        }
    }

    #[test]
    fn a_step_that_was_not_full_says_little() {
        let pace = Pace::default();
        pace.learn(3, Duration::from_millis(1));
        pace.learn(0, Duration::from_secs(1));
        assert_eq!(pace.emails(), FIRST);
        pace.learn(50, Duration::from_millis(150));
        assert!(pace.emails() < FIRST);
    }
}
