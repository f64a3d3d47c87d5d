//! Reproducible numbers: the same seed gives the same mail on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for test data. Not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    #[cfg(test)]
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers of their own for each thing that is made, so that it is the same in whatever order things are made.
    pub(super) fn of(seed: u64, kind: u64, number: u64) -> Self {
        Self(mixed(
            mixed(seed.wrapping_add(STEP).wrapping_add(mixed(kind))).wrapping_add(number.wrapping_mul(STEP)),
        ))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// From 0 to under 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From 0 to under `end`, each as likely.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// From 0 to under `end`, the number n with a weight of 1/(n+1): the first ones come often.
    pub(super) fn zipf(&mut self, end: usize) -> usize {
        (((end + 1) as f64).powf(self.unit()) as usize - 1).min(end.saturating_sub(1))
    }

    /// From 1 to `most`, reached by so many: at least n with a probability of n to the power of minus `exponent`.
    pub(super) fn pareto(&mut self, exponent: f64, most: usize) -> usize {
        ((1.0 - self.unit()).powf(-1.0 / exponent) as usize).min(most)
    }

    /// Around `median`, log-normal: a factor of e to the power of `sigma` up or down is one standard deviation.
    pub(super) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        let (radius, angle) = (1.0 - self.unit(), std::f64::consts::TAU * self.unit());
        median * (sigma * (-2.0 * radius.ln()).sqrt() * angle.cos()).exp()
    }

    /// True so often.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of them.
    pub(super) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The golden ratio as a fraction of 2^64.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mixed(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_range_and_repeat() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        for _ in 0..10_000 {
            assert!(one.zipf(100) < 100);
            assert!(one.below(3) < 3);
            assert!((1..=50).contains(&one.pareto(1.2, 50)));
            assert!(one.log_normal(40.0, 1.0) > 0.0);
            (0..5).for_each(|_| _ = other.unit());
        }
        assert_eq!(one.unit(), other.unit());
    }

    #[test]
    fn things_have_numbers_of_their_own() {
        let first = |seed, kind, number| Random::of(seed, kind, number).next();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        let all = [first(1, 2, 3), first(2, 2, 3), first(1, 3, 3), first(1, 2, 4)];
        let distinct: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn half_of_a_log_normal_lies_below_its_median() {
        let mut random = Random::new(1);
        let below = (0..10_000).filter(|_| random.log_normal(40.0, 1.0) < 40.0).count();
        assert!((4_800..5_200).contains(&below), "{below}");
    }
}
