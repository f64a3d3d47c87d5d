//! The clock of deliveries: when a chain was good, as intervals of time.
//!
//! Between two neighbouring instants at which anything can change, nothing does. So time falls into elementary
//! intervals, each is asked about once, at its first instant, and neighbours with the same answer are merged.

use chrono::{DateTime, Duration, Utc};

use super::verdict::Intervals;

/// More instants than this are not looked at; what lies after the last one then counts as not good.
const MOST_INSTANTS: usize = 1024;

/// What a delivery would have met, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// A good chain.
    Good,
    /// A chain of which nothing but evidence is missing.
    Undetermined,
    /// Something that is wrong and stays wrong.
    Bad,
}

/// Asks for the outcome in every elementary interval: those in which it is good, and those in which it is
/// undetermined.
pub(super) fn survey(
    mut instants: Vec<DateTime<Utc>>,
    outcome_at: impl Fn(DateTime<Utc>) -> Outcome,
) -> (Intervals, Intervals) {
    instants.sort_unstable();
    instants.dedup();
    let cut = instants.len() > MOST_INSTANTS;
    instants.truncate(MOST_INSTANTS);
    let (mut good, mut undetermined) = (Intervals::default(), Intervals::default());
    let mut note = |outcome, from, to| match outcome {
        Outcome::Good => extend(&mut good, from, to),
        Outcome::Undetermined => extend(&mut undetermined, from, to),
        Outcome::Bad => {}
    };
    let Some(&first) = instants.first() else { return (good, undetermined) };
    note(outcome_at(first - Duration::seconds(1)), None, Some(first));
    for (at, &from) in instants.iter().enumerate() {
        let to = instants.get(at + 1).copied();
        if to.is_some() || !cut {
            note(outcome_at(from), Some(from), to);
        }
    }
    (good, undetermined)
}

fn extend(intervals: &mut Intervals, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) {
    match intervals.0.last_mut() {
        Some((_, end)) if *end == from && from.is_some() => *end = to,
        _ => intervals.0.push((from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn neighbours_with_the_same_outcome_are_one_interval() {
        let (good, undetermined) = survey(vec![at(30), at(10), at(20), at(40), at(20)], |t| {
            if t < at(10) || t >= at(40) {
                Outcome::Bad
            } else if t < at(30) {
                Outcome::Good
            } else {
                Outcome::Undetermined
            }
        });
        assert_eq!(good, Intervals(vec![(Some(at(10)), Some(at(30)))]));
        assert_eq!(undetermined, Intervals(vec![(Some(at(30)), Some(at(40)))]));
    }

    #[test]
    fn what_is_always_good_is_unbounded() {
        let (good, undetermined) = survey(vec![at(10)], |_| Outcome::Good);
        assert_eq!(good, Intervals(vec![(None, None)]));
        assert_eq!(undetermined, Intervals::default());
    }

    #[test]
    fn too_many_instants_fail_closed() {
        let instants = (0..5000).map(at).collect();
        let (good, _) = survey(instants, |_| Outcome::Good);
        assert_eq!(good, Intervals(vec![(None, Some(at(1023)))]));
    }
}
