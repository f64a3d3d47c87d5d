//! How many octets one call on blobs may move. Ids are short and blobs are not: a call that names a large blob, or parts
//! of it, over and over would otherwise keep the server busy for next to nothing.

use crate::wire::capability::CoreLimits;
use crate::wire::errors::{MethodError, SetError};

/// Octets that one call may move, unless single blobs may be as large.
const OCTETS_OF_CALL: u64 = 128 << 20;

/// What is left for a call.
#[derive(Debug)]
pub(in crate::jmap) struct Budget {
    whole: u64,
    left: u64,
}

/// The call may not move so many octets more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jmap) struct Spent {
    whole: u64,
    /// Whether a call of its own could not move them either.
    is_hopeless: bool,
}

impl Budget {
    /// That of a whole call: the largest blob can be read and decoded.
    pub(in crate::jmap) fn of_call(limits: &CoreLimits) -> Self {
        let whole = OCTETS_OF_CALL.max(limits.max_size_upload.saturating_mul(2));
        Self { whole, left: whole }
    }

    /// Takes octets that are about to be moved. What does not fit leaves the rest for something smaller.
    pub(in crate::jmap) fn spend(&mut self, octets: u64) -> Result<(), Spent> {
        let spent = Spent { whole: self.whole, is_hopeless: octets > self.whole };
        self.left = self.left.checked_sub(octets).ok_or(spent)?;
        Ok(())
    }
}

impl From<Spent> for SetError {
    fn from(Spent { whole, is_hopeless }: Spent) -> Self {
        if is_hopeless {
            Self::TooLarge(format!("the blobs that this one needs have more than {whole} octets together"))
        } else {
            Self::RateLimit(format!("the blobs of one call have {whole} octets together; use another call"))
        }
    }
}

impl From<Spent> for MethodError {
    fn from(Spent { whole, .. }: Spent) -> Self {
        Self::RequestTooLarge(format!("one call may move {whole} octets of messages and other blobs"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let mut budget = Budget::of_call(&CoreLimits::default());
        assert_eq!(budget.spend(OCTETS_OF_CALL - 1), Ok(()));
        let spent = |octets, budget: &mut Budget| SetError::from(budget.spend(octets).unwrap_err());
        assert!(matches!(spent(2, &mut budget), SetError::RateLimit(_)));
        assert!(matches!(spent(u64::MAX, &mut budget), SetError::TooLarge(_)));
        assert_eq!(budget.spend(1), Ok(()));
        assert!(matches!(spent(1, &mut budget), SetError::RateLimit(_)));
    }

    #[test]
    fn the_largest_blob_can_be_read_and_decoded() {
        let limits = CoreLimits { max_size_upload: OCTETS_OF_CALL, ..CoreLimits::default() };
        assert_eq!(Budget::of_call(&limits).spend(2 * OCTETS_OF_CALL), Ok(()));
    }
}
