//! Algorithms that can be forged or broken by now, and from when back an operator still takes them: an archive has mail
//! that was sound when it came.
//!
//! That something is weak is a fact, and follows from bytes. Whether it is accepted is policy, and depends on an instant:
//! each clock compares its own with the date that the operator has set.

use chrono::{DateTime, Utc};

use super::problem::{Code, Problem};

/// What can be accepted before a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// SHA-1 as the digest that is signed.
    Sha1,
    /// MD5, likewise.
    Md5,
    /// RSA and DSA keys of 1024 to 2047 bits, EC keys under 256 bits.
    ShortKey,
}

/// RSA and DSA keys shorter than this were broken in public, and are accepted at no time.
const SHORTEST_ACCEPTED: u64 = 1024;

impl Weakness {
    /// Every one, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Md5, Self::ShortKey];

    /// The name by which operators and the database know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::ShortKey => "short-key",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weakness| weakness.as_str() == name)
    }

    /// The weakness that a problem tells of, of a message or of a chain; none for problems that no policy lifts.
    ///
    /// The function `weakness` says the same in SQL; a test holds the two together.
    pub fn of(problem: &Problem) -> Option<Self> {
        let parameter = |name: &str| problem.parameters.get(name)?.as_str();
        let is_digest = match problem.code {
            Code::WeakDigest => true,
            Code::WeakKey => false,
            Code::InvalidChain if parameter("rule") == Some("weak-signature") => true,
            Code::InvalidChain if parameter("rule") == Some("weak-key") => false,
            _ => return None,
        };
        if is_digest {
            return match parameter("algorithm")? {
                "sha1" => Some(Self::Sha1),
                "md5" => Some(Self::Md5),
                _ => None,
            };
        }
        let bits: u64 = parameter("bits")?.parse().ok()?;
        (bits >= SHORTEST_ACCEPTED || parameter("algorithm") == Some("ecdsa")).then_some(Self::ShortKey)
    }
}

/// Before when an operator accepts what is weak; nothing is accepted without a date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptedWeaknesses {
    dates: [Option<DateTime<Utc>>; Weakness::ALL.len()],
}

impl AcceptedWeaknesses {
    /// The same with this weakness accepted before this instant.
    #[must_use]
    pub fn with(mut self, weakness: Weakness, before: DateTime<Utc>) -> Self {
        self.dates[weakness as usize] = Some(before);
        self
    }

    /// Before when this weakness is accepted.
    pub fn before(&self, weakness: Weakness) -> Option<DateTime<Utc>> {
        self.dates[weakness as usize]
    }

    /// Whether a problem counts for nothing at this instant.
    pub fn lift(&self, problem: &Problem, at: DateTime<Utc>) -> bool {
        Weakness::of(problem).and_then(|weakness| self.before(weakness)).is_some_and(|before| at < before)
    }

    /// The dates, at which statuses can turn.
    pub fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        self.dates.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(rule: &str) -> Problem {
        Problem::new(Code::InvalidChain).with("rule", rule)
    }

    #[test]
    fn problems_of_messages_and_of_chains_tell_of_weaknesses() {
        for (problem, weakness) in [
            (Problem::new(Code::WeakDigest).with("algorithm", "sha1"), Some(Weakness::Sha1)),
            (Problem::new(Code::WeakDigest).with("algorithm", "md5"), Some(Weakness::Md5)),
            (broken("weak-signature").with("algorithm", "sha1"), Some(Weakness::Sha1)),
            (broken("weak-signature").with("algorithm", "md5"), Some(Weakness::Md5)),
            (broken("weak-signature").with("algorithm", "md2"), None),
            (broken("weak-signature"), None),
            (
                Problem::new(Code::WeakKey).with("algorithm", "rsa").with("bits", "1024"),
                Some(Weakness::ShortKey),
            ),
            (Problem::new(Code::WeakKey).with("algorithm", "rsa").with("bits", "1023"), None),
            (
                Problem::new(Code::WeakKey).with("algorithm", "ecdsa").with("bits", "224"),
                Some(Weakness::ShortKey),
            ),
            (broken("weak-key").with("algorithm", "dsa").with("bits", "1536"), Some(Weakness::ShortKey)),
            (broken("weak-key"), None),
            (broken("signature").with("algorithm", "sha1"), None),
            (Problem::new(Code::UnsupportedAlgorithm).with("algorithm", "sha1"), None),
        ] {
            assert_eq!(Weakness::of(&problem), weakness, "{problem:?}");
        }
    }

    #[test]
    fn the_date_itself_is_too_late() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let accepted = AcceptedWeaknesses::default().with(Weakness::Sha1, at(100));
        let sha1 = Problem::new(Code::WeakDigest).with("algorithm", "sha1");
        let md5 = Problem::new(Code::WeakDigest).with("algorithm", "md5");
        assert!(accepted.lift(&sha1, at(99)) && !accepted.lift(&sha1, at(100)));
        assert!(!accepted.lift(&md5, at(99)));
    }
}
