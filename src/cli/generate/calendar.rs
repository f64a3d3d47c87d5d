//! When messages come: over five years, somewhat more of them lately, most of them on weekdays in daytime.

use chrono::{DateTime, Duration, Utc};

/// How long ago the first message came, in weeks.
const WEEKS: i64 = 5 * 52 + 1;
/// How much of the mail comes in each hour of a day, against the others.
const HOURS: [u32; 24] = [1, 1, 1, 1, 1, 2, 4, 9, 16, 20, 20, 18, 14, 16, 18, 18, 16, 12, 8, 6, 5, 4, 3, 2];
/// How many weekdays' worth of mail a day of the weekend has, in hundredths.
const WEEKEND: u32 = 20;

/// Maps the order of messages to times.
#[derive(Debug)]
pub(super) struct Calendar {
    /// A Monday at midnight.
    start: DateTime<Utc>,
    /// How much of a week's mail has come by each hour of it; the last is 1.
    by_hour: Vec<f64>,
    /// The weeks up to the newest message, counted in mail and not in time.
    weeks: f64,
}

impl Calendar {
    /// The years up to this time.
    pub(super) fn until(until: DateTime<Utc>) -> Self {
        let day = until.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let days_of_week = i64::from(chrono::Datelike::weekday(&day).num_days_from_monday());
        let start = day - Duration::days(days_of_week) - Duration::weeks(WEEKS - 1);
        let weights = (0..7 * 24).map(|hour| HOURS[hour % 24] * if hour / 24 < 5 { 100 } else { WEEKEND });
        let sums: Vec<f64> = weights
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(f64::from(*sum))
            })
            .collect();
        let total = sums.last().copied().unwrap_or(1.0);
        let by_hour: Vec<f64> = sums.iter().map(|sum| sum / total).collect();
        let mut calendar = Self { start, by_hour, weeks: 0.0 };
        calendar.weeks = calendar.mail_before(until);
        calendar
    }

    /// When the message came that stands at this part of all, from 0 to 1; whole seconds.
    pub(super) fn at(&self, part: f64) -> DateTime<Utc> {
        // A rate that grows evenly from 0.7 to 1.3 of the mean has passed 0.7 x + 0.3 x² of the mail at x.
        let x = ((0.49 + 1.2 * part).sqrt() - 0.7) / 0.6;
        let mail = x * self.weeks;
        let (week, rest) = (mail.floor(), mail.fract());
        let hour = self.by_hour.partition_point(|sum| *sum <= rest).min(self.by_hour.len() - 1);
        let before = if hour == 0 { 0.0 } else { self.by_hour[hour - 1] };
        let within = (rest - before) / (self.by_hour[hour] - before);
        let hours = week * 168.0 + hour as f64 + within;
        self.start + Duration::seconds((hours * 3600.0) as i64)
    }

    /// How many weeks' worth of mail come before a time.
    fn mail_before(&self, at: DateTime<Utc>) -> f64 {
        let hours = (at - self.start).num_seconds() as f64 / 3600.0;
        let (week, hour) = ((hours / 168.0).floor(), hours % 168.0);
        let index = hour as usize;
        let before = if index == 0 { 0.0 } else { self.by_hour[index - 1] };
        week + before + (self.by_hour[index] - before) * hour.fract()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Timelike};

    use super::*;

    #[test]
    fn mail_comes_in_order_until_the_end_and_mostly_at_work() {
        let until = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        let calendar = Calendar::until(until);
        let times: Vec<DateTime<Utc>> = (0..=20_000).map(|n| calendar.at(f64::from(n) / 20_000.0)).collect();
        assert!(times.is_sorted());
        assert!((until - times[20_000]).num_seconds().abs() <= 2, "{}", times[20_000]);
        assert!((until - times[0]).num_days() >= 5 * 364);
        let at_work =
            times.iter().filter(|at| at.weekday().num_days_from_monday() < 5 && (8..18).contains(&at.hour()));
        assert!(at_work.count() > 13_000);
        let lately = times.iter().filter(|at| **at > until - Duration::days(365)).count();
        assert!((4_400..6_000).contains(&lately), "{lately}");
    }
}
