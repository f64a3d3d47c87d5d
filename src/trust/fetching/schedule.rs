//! When a source is fetched again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::source::SourceKind;

/// After a success, no source is asked again before this.
const SHORTEST_REST: TimeDelta = TimeDelta::minutes(10);
/// However long content is good for, it is asked for each day: revocations that cannot wait come before nextUpdate, and
/// what did not change costs a few octets.
const LONGEST_REST: TimeDelta = TimeDelta::days(1);
/// How much of its validity content may reach before it is renewed.
const PART_OF_VALIDITY: (i32, i32) = (4, 5);
/// Before the second attempt; each further one waits twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);
/// The same for issuers: a chain without an anchor is anybody's, so whoever is named in it is asked rarely.
const FIRST_WAIT_FOR_ISSUER: Duration = Duration::from_secs(3600);
const LONGEST_WAIT_FOR_ISSUER: Duration = Duration::from_secs(24 * 3600);
/// After a failure that does not pass by itself.
const LASTING_WAIT: Duration = Duration::from_secs(24 * 3600);

/// When content is fetched again that is good from thisUpdate to nextUpdate: at four fifths of that. Past them, halfway
/// to nextUpdate, again and again: most authorities publish in time, though not early.
pub(super) fn after_success(
    kind: SourceKind,
    now: DateTime<Utc>,
    this_update: Option<DateTime<Utc>>,
    next_update: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let due = match (kind, this_update, next_update) {
        (SourceKind::Issuer, ..) | (_, None, _) | (_, _, None) => now + LONGEST_REST,
        (_, Some(from), Some(to)) => {
            let early = from + (to - from) / PART_OF_VALIDITY.1 * PART_OF_VALIDITY.0;
            if early > now { early } else { now + (to - now) / 2 }
        }
    };
    due.clamp(now + SHORTEST_REST, now + LONGEST_REST)
}

/// How long after an attempt that failed the next one is; `failures` counts this one. `jitter` from 0 to 1 spreads what
/// failed together over half to all of the time. A server that asks to be left alone for longer is.
pub(super) fn after_failure(
    kind: SourceKind,
    failures: u32,
    is_lasting: bool,
    retry_after: Option<Duration>,
    jitter: f64,
) -> Duration {
    let (first, longest) = match kind {
        SourceKind::Issuer => (FIRST_WAIT_FOR_ISSUER, LONGEST_WAIT_FOR_ISSUER),
        SourceKind::Crl | SourceKind::Ocsp => (FIRST_WAIT, LONGEST_WAIT),
    };
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(longest);
    let wait = if is_lasting { LASTING_WAIT } else { doubled };
    wait.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0).max(retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn due(kind: SourceKind, from: i64, to: i64) -> i64 {
        let at = |minutes| Some(NOW + TimeDelta::minutes(minutes));
        (after_success(kind, NOW, at(from), at(to)) - NOW).num_minutes()
    }

    #[test]
    fn content_is_renewed_before_it_runs_out() {
        let crl = |from, to| due(SourceKind::Crl, from, to);
        assert_eq!(crl(-60, 540), 420, "at four fifths of ten hours");
        assert_eq!(crl(-540, 60), 30, "past that halfway to its end");
        assert_eq!(crl(-10, 10), 10, "not before ten minutes are over");
        assert_eq!(crl(-600, -60), 10, "though it ran out");
        assert_eq!(crl(0, 1_000_000), 24 * 60, "once a day");
        assert_eq!(after_success(SourceKind::Issuer, NOW, None, None), NOW + LONGEST_REST);
    }

    #[test]
    fn each_wait_is_longer_and_none_is_too_long() {
        let wait = |kind, failures| after_failure(kind, failures, false, None, 1.0).as_secs();
        assert_eq!(
            [1, 2, 3, 9, 10, u32::MAX].map(|n| wait(SourceKind::Crl, n)),
            [60, 120, 240, 15360, 21600, 21600]
        );
        assert_eq!([1, 2, 9].map(|n| wait(SourceKind::Issuer, n)), [3600, 7200, 86400]);
        assert_eq!(after_failure(SourceKind::Ocsp, 1, false, None, 0.0), FIRST_WAIT / 2);
        assert_eq!(after_failure(SourceKind::Ocsp, 1, true, None, 1.0), LASTING_WAIT);
        let asked = Some(Duration::from_secs(300));
        assert_eq!(after_failure(SourceKind::Crl, 1, false, asked, 1.0).as_secs(), 300);
    }
}
