//! When to push again after a push that failed.

use std::time::Duration;

/// Before the second attempt; each further one waits twice as long as the one before.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long to wait after so many attempts, the first being 1. `jitter` from 0 to 1 spreads what failed together over
/// half to all of the time. A push service that says how long to wait is not asked before (RFC 8030 §8.4).
pub(super) fn wait(attempts: u32, retry_after: Option<Duration>, jitter: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST);
    doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0).max(retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_and_none_is_too_long() {
        assert_eq!(wait(1, None, 1.0), FIRST);
        assert_eq!(wait(1, None, 0.0), FIRST / 2);
        assert_eq!(wait(2, None, 1.0), FIRST * 2);
        assert_eq!(wait(u32::MAX, None, 1.0), LONGEST);
        assert_eq!(wait(1, Some(Duration::from_secs(120)), 0.5), Duration::from_secs(120));
        assert_eq!(wait(9, Some(Duration::from_secs(1)), 1.0), Duration::from_secs(512));
    }
}
