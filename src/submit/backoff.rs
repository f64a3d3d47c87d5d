//! How long to wait between attempts.

use std::time::Duration;

/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(4 * 60 * 60);

/// The wait after so many attempts: `first` after one, then double each time, up to four hours.
pub(super) fn wait(first: Duration, attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    first.saturating_mul(2_u32.pow(doublings)).min(MAX_WAIT.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let minutes = |attempts| wait(Duration::from_secs(300), attempts).as_secs() / 60;
        assert_eq!([1, 2, 3, 4, 7, 99].map(minutes), [5, 10, 20, 40, 240, 240]);
        assert_eq!(minutes(0), 5);
        assert_eq!(wait(Duration::from_secs(100_000), 3).as_secs(), 100_000);
    }
}
