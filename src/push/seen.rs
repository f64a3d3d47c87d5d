//! What somebody knows already: the id of an event (RFC 8620 §7.3), and a pushState (RFC 8887 §4.3.5).

use std::collections::BTreeMap;
use std::fmt;

use crate::store::push::TypeState;
use crate::wire::ids::AccountId;

/// Octets of a text that is read at all: some thousand accounts.
const MAX_OCTETS: usize = 32 * 1024;

/// For each account the newest change that somebody was told of. All data types of an account count in one sequence,
/// so one number says for each type whether its state is a newer one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<AccountId, i64>);

impl Seen {
    /// All that there is to see.
    pub fn all(states: &[TypeState]) -> Self {
        let mut seen = Self::default();
        for state in states {
            let newest = seen.0.entry(state.account).or_default();
            *newest = state.state.max(*newest);
        }
        seen
    }

    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_OCTETS {
            return None;
        }
        let mut seen = BTreeMap::new();
        for part in text.split('_').filter(|part| !part.is_empty()) {
            let (account, state) = part.split_once('.')?;
            let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if !is_number(account) || !is_number(state) {
                return None;
            }
            seen.insert(AccountId(account.parse().ok()?), state.parse().ok()?);
        }
        Some(Self(seen))
    }

    /// Whether this is news. What lies in the future of all that there is was never told (by this database): it says
    /// nothing of what is known.
    pub(super) fn misses(&self, state: &TypeState, newest: &Self) -> bool {
        let known = self.of(state.account);
        state.state > known || known > newest.of(state.account)
    }

    /// The newest change of an account that was told.
    pub(super) fn of(&self, account: AccountId) -> i64 {
        self.0.get(&account).copied().unwrap_or(0)
    }

    /// Notes that all of an account up to a change was told.
    pub(super) fn set(&mut self, account: AccountId, state: i64) {
        self.0.insert(account, state);
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (account, state)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "_" };
            write!(f, "{separator}{}.{state}", account.0)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for text in ["", "1.0", "1.17_23.4"] {
            assert_eq!(Seen::parse(text).map(|seen| seen.to_string()).as_deref(), Some(text));
        }
        for wrong in ["x", "1", "1.", ".1", "1.-1", "+1.1", "1.1\n", "1.99999999999999999999", "1.1.1"] {
            assert_eq!(Seen::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Seen::parse(&"1.1_".repeat(MAX_OCTETS)), None);
    }
}
