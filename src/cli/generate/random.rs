//! Reproducible numbers: the same seed gives the same mail on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and good enough for test data. Not for secrets.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
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

    /// True so often.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
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
            other.unit();
            other.unit();
        }
        assert_eq!(one.unit(), other.unit());
    }
}
