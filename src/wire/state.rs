//! State strings (RFC 8620 §5.1): the number of an account's newest change of a data type, in decimal.

use std::fmt;

/// The state of all records of a data type in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State(pub i64);

impl State {
    /// Reads what [`fmt::Display`] writes; `None` if this server never gave out such a state.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = text == "0"
            || (!text.starts_with('0') && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit()));
        canonical.then(|| text.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_a_state() {
        assert_eq!(State::parse("0"), Some(State(0)));
        assert_eq!(State::parse("9223372036854775807"), Some(State(i64::MAX)));
        for wrong in ["", "00", "-1", "+1", "1 ", "x", "9223372036854775808"] {
            assert_eq!(State::parse(wrong), None, "{wrong}");
        }
    }
}
