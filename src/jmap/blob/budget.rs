//! How many octets one call on blobs may move. Ids are short and blobs are not: a call that names a large blob, or parts
//! of it, over and over would otherwise keep the server busy for next to nothing.

/// Octets that one call may read from the database, cut out and put together.
const OCTETS_OF_CALL: u64 = 128 << 20;

/// What is left for a call.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

/// The call may move no more octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the blobs of one call have {OCTETS_OF_CALL} octets together; use several calls")]
pub(super) struct Spent;

impl Budget {
    /// That of a whole call.
    pub(super) fn of_call() -> Self {
        Self { left: OCTETS_OF_CALL }
    }

    /// Takes octets that are about to be moved. What does not fit leaves the rest for something smaller.
    pub(super) fn spend(&mut self, octets: u64) -> Result<(), Spent> {
        self.left = self.left.checked_sub(octets).ok_or(Spent)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let mut budget = Budget::of_call();
        assert_eq!(budget.spend(OCTETS_OF_CALL - 1), Ok(()));
        assert_eq!(budget.spend(2), Err(Spent));
        assert_eq!(budget.spend(u64::MAX), Err(Spent));
        assert_eq!(budget.spend(1), Ok(()));
        assert_eq!(budget.spend(1), Err(Spent));
    }
}
